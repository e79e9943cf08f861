/*
 * Reason codes and their sentences.  The code is an interface: scripts,
 * dashboards and support staff rely on it.  The sentence is for the person
 * in front of the prompt: what happened and what to do next.  Neither may
 * ever hold anything that came from a peer.
 */
#include "lib/reason.h"

#include <stddef.h>

static const struct {
	const char *code;
	const char *text;
} reasons[] = {
	[AAS_WHY_UNKNOWN] = { "unknown",
	    "The sign-in was refused for a reason that is not known." },
	[AAS_WHY_OK] = { "ok", "Everything is in order." },
	[AAS_WHY_NO_KEY] = { "no-key",
	    "No security key was plugged in. Plug in your key and try again." },
	[AAS_WHY_FOREIGN_KEY] = { "foreign-key",
	    "The security key that is plugged in is not one of yours. Plug in "
	    "a key that you have enrolled and try again." },
	[AAS_WHY_PIN_WRONG] = { "pin-wrong",
	    "The PIN is wrong. Check it before you try again: after too many "
	    "wrong PINs the key blocks itself." },
	[AAS_WHY_PIN_BLOCKED] = { "pin-blocked",
	    "This key is blocked after too many wrong PINs and must be reset, "
	    "which erases it. Use another key, then replace this one." },
	[AAS_WHY_PIN_AUTH_BLOCKED] = { "pin-auth-blocked",
	    "This key takes no more PINs for now. Unplug it, plug it in again "
	    "and try once more." },
	[AAS_WHY_NO_PIN] = { "no-pin",
	    "This key has no PIN, and one is needed. Use another key, or set "
	    "a PIN on this one." },
	[AAS_WHY_UV] = { "uv",
	    "The key did not check who holds it (PIN or fingerprint), which "
	    "is needed here. Try again." },
	[AAS_WHY_UP] = { "up", "The key was not touched. Try again." },
	[AAS_WHY_SIGNATURE] = { "signature",
	    "The key's signature is not valid. Do not use this key; tell your "
	    "administrator." },
	[AAS_WHY_RP] = { "rp",
	    "The key answered for another service. Tell your administrator." },
	[AAS_WHY_AUTHDATA] = { "authdata",
	    "The key's answer is malformed. Unplug it, plug it in again and "
	    "try once more, or use another key." },
	[AAS_WHY_COUNTER] = { "counter",
	    "This key's counter went back: a copy of it may exist. It is no "
	    "longer accepted here. Use another key and tell your "
	    "administrator." },
	[AAS_WHY_CREDENTIAL] = { "credential",
	    "The key answered with another credential than the one it was "
	    "asked for. Use another key and tell your administrator." },
	[AAS_WHY_BACKUP] = { "backup",
	    "This key's backup properties are not those it was enrolled with. "
	    "Use another key and tell your administrator." },
	[AAS_WHY_TIMEOUT] = { "timeout",
	    "Time ran out. Try again, and touch the key when it blinks." },
	[AAS_WHY_CANCELED] = { "canceled", "The sign-in was canceled." },
	[AAS_WHY_UNPLUGGED] = { "unplugged",
	    "The key was unplugged too early. Plug it in and try again." },
	[AAS_WHY_DEVICE] = { "device",
	    "The key does not answer as it should. Unplug it, plug it in "
	    "again and try once more, or use another key." },
	[AAS_WHY_DENIED_ON_KEY] = { "denied-on-key",
	    "The key refused the request. Try again, or use another key." },
	[AAS_WHY_BUSY] = { "busy",
	    "Another sign-in is using the security keys of this machine. Try "
	    "again in a moment." },
	[AAS_WHY_REMOTE] = { "remote",
	    "This host does not use keys plugged into it for sign-ins from "
	    "elsewhere. Sign in with your security key's SSH key." },
	[AAS_WHY_SECOND_KEY] = { "second-key",
	    "Two different keys are needed, and only one was used. Plug in "
	    "your second key and try again." },
	[AAS_WHY_NOT_ENROLLED] = { "not-enrolled",
	    "No security keys are enrolled for this account. Run \"aasctl "
	    "enroll\" to add yours." },
	[AAS_WHY_ENROLL_NOW] = { "enroll-now",
	    "This account must have security keys, and the date for adding "
	    "them has passed. Sign in where you can enroll, or ask your "
	    "administrator." },
	[AAS_WHY_RECORD_BROKEN] = { "record-broken",
	    "The record of your security keys on this host is damaged, so "
	    "nobody is let in with it. Tell your administrator." },
	[AAS_WHY_ROLLBACK] = { "record-rollback",
	    "The record of your security keys on this host is older than one "
	    "seen before, so nobody is let in with it. Tell your "
	    "administrator." },
	[AAS_WHY_RECORD_MISSING] = { "record-missing",
	    "The record of your security keys has gone from this host, so "
	    "nobody is let in without it. Tell your administrator." },
	[AAS_WHY_FORKED] = { "record-forked",
	    "Two different records of your security keys exist. The changes "
	    "must be signed again on one host; tell your administrator." },
	[AAS_WHY_LOCKED] = { "locked",
	    "This account is locked by its owner. Two of its security keys "
	    "together unlock it, at the login of the machine itself or with "
	    "\"aasctl unlock\"; else \"aasctl recover\" does." },
	[AAS_WHY_RECOVERING] = { "recovering",
	    "This account is being recovered. One of its keys can still "
	    "cancel that; when its time has come \"aasctl recover\" "
	    "finishes it." },
	[AAS_WHY_DEGRADED] = { "degraded",
	    "Only one security key is left on this account. Add a second one "
	    "soon." },
	[AAS_WHY_DISABLED] = { "disabled",
	    "Security keys are switched off for this account." },
	[AAS_WHY_HELD] = { "held",
	    "This change waits before it counts. Try again later." },
	[AAS_WHY_POLICY_MISSING] = { "policy-missing",
	    "The sign-in policy of this host is missing. Tell your "
	    "administrator." },
	[AAS_WHY_POLICY_BROKEN] = { "policy-broken",
	    "The sign-in policy of this host cannot be read. Tell your "
	    "administrator." },
	[AAS_WHY_POLICY_DENY] = { "policy-deny",
	    "The sign-in policy of this host does not allow this." },
	[AAS_WHY_GROUPS] = { "groups",
	    "Your groups could not be looked up, and the policy of this host "
	    "depends on them. Try again later or tell your administrator." },
	[AAS_WHY_USER] = { "user", "There is no such account here." },
	[AAS_WHY_CONV] = { "conversation",
	    "The program you are signing in with could not show or answer a "
	    "prompt. Try again from a terminal." },
	[AAS_WHY_CONFIG] = { "config",
	    "The sign-in settings of this host are wrong. Tell your "
	    "administrator." },
	[AAS_WHY_SYSTEM] = { "system",
	    "This machine has a fault that stops the sign-in. Try again later "
	    "or tell your administrator." },
	[AAS_WHY_PROTOCOL] = { "protocol",
	    "A part of the sign-in software gave a wrong answer. Tell your "
	    "administrator." },
	[AAS_WHY_NO_HELPER] = { "no-helper",
	    "A part of the sign-in software could not be started. Tell your "
	    "administrator." },
	[AAS_WHY_NO_TICKET] = { "no-ticket",
	    "This session was opened without a security key. Sign in again "
	    "with your key." },
	[AAS_WHY_NOT_SELF] = { "not-self",
	    "This can only be done for one's own account." },
	[AAS_WHY_AUTHORITY] = { "authority",
	    "Enrollment needs a sign-in that succeeded just now, or a ticket "
	    "from your administrator." },
	[AAS_WHY_EXISTS] = { "exists",
	    "This key, or this account, is enrolled already." },
	[AAS_WHY_CLOCK] = { "clock",
	    "The clock of this host cannot be trusted. Try again later or "
	    "tell your administrator." },
	[AAS_WHY_REMOTE_ELEVATION] = { "remote-elevation",
	    "This shell came from another machine; keys plugged in here serve "
	    "it only where server_keys is set. Sign in at this machine, or "
	    "ask your administrator." },
	[AAS_WHY_ATTEST_EXPIRED] = { "attest-expired",
	    "This account must have security keys; your organization's "
	    "statement that its single sign-on does instead has expired. Ask "
	    "your administrator for a new one, or to let you enroll." },
	[AAS_WHY_ATTEST_MISSING] = { "attest-missing",
	    "Without security keys this account is only let in by your "
	    "organization's single sign-on, and this sign-in was not by it. "
	    "Sign in by that, or ask your administrator to let you enroll." },
	[AAS_WHY_ATTEST_FUTURE] = { "attest-not-yet",
	    "This account must have security keys; your organization's "
	    "statement that its single sign-on does instead is not valid yet. "
	    "Try again later, or ask your administrator to let you enroll." },
	[AAS_WHY_ATTEST_REVOKED] = { "attest-revoked",
	    "This account must have security keys; your organization's "
	    "statement that its single sign-on does instead has been revoked. "
	    "Ask your administrator why, or to let you enroll." },
	[AAS_WHY_ATTEST_VOID] = { "attest-void",
	    "This account must have security keys; a statement that a single "
	    "sign-on does instead is not signed as it must be. Ask your "
	    "administrator (\"aasctl attest list\" says why), or to let you "
	    "enroll." },
	[AAS_WHY_ATTEST_UNREAD] = { "attest-unread",
	    "This account must have security keys; a file that may say what "
	    "does instead is not read, as others could have written it. Ask "
	    "your administrator (\"aasctl attest list\" says which), or to "
	    "let you enroll." },
	[AAS_WHY_UID] = { "uid",
	    "This account's number (uid) is 65535 or above 2147483647, which "
	    "programs take for another account's. Ask your administrator to "
	    "give it another one." },
	[AAS_WHY_KEY_KIND] = { "key-kind",
	    "The policy of this host does not take this kind of security key "
	    "here. Use another key, or ask your administrator." },
	[AAS_WHY_FEW_KEYS] = { "few-keys",
	    "The policy of this host asks for more security keys than this "
	    "account has. Run \"aasctl keys add\"." },
	[AAS_WHY_NO_SESSION] = { "no-session",
	    "There is no such session of yours. See aasctl sessions." },
	[AAS_WHY_ALERT_SPOOL] = { "alert-spool",
	    "A sign-in to this account must be told to its owner, and this "
	    "host cannot write down that it was. Ask your administrator to "
	    "look at its log: it says what is wrong with the spool." },
	[AAS_WHY_NOT_FRESH] = { "not-fresh",
	    "This shell came from another machine, and its sign-in by a "
	    "security key is too long ago for this. Sign in again; to extend "
	    "the session is not enough." },
	[AAS_WHY_AGENT] = { "ssh-agent",
	    "This shell came from another machine, and none of your keys "
	    "answered through its SSH agent. Sign in with ssh -A, with the "
	    "key in your agent there." },
	[AAS_WHY_NO_LEASE] = { "no-lease",
	    "This account runs only while somebody lends it hours, and nobody "
	    "does. Who may can run \"aasctl lease grant\"." },
	[AAS_WHY_NOT_GRANTOR] = { "not-grantor",
	    "No rule of this host lets you lend hours to that account. Ask "
	    "your administrator." },
	[AAS_WHY_LEASE_LONG] = { "lease-too-long",
	    "The rules of this host do not let you lend that many hours at a "
	    "time. Ask for fewer." },
	[AAS_WHY_MAX_TOTAL] = { "max-total",
	    "This session lasts as long as a session may here, and cannot be "
	    "extended further. Sign in again for a new one." },
	[AAS_WHY_KEEPER] = { "keeper",
	    "Nothing on this host would end this session on time, and policy "
	    "asks for that. An administrator can start aasd: systemctl start "
	    "aasd.service." },
};

_Static_assert(sizeof(reasons) / sizeof(reasons[0]) == AAS_WHY_LAST + 1,
    "every reason has its sentence");

const char *
aas_reason_code(unsigned why)
{
	if (why > AAS_WHY_LAST)
		why = AAS_WHY_UNKNOWN;
	return reasons[why].code;
}

const char *
aas_reason_text(unsigned why)
{
	if (why > AAS_WHY_LAST)
		why = AAS_WHY_UNKNOWN;
	return reasons[why].text;
}

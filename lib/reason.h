#ifndef AAS_LIB_REASON_H
#define AAS_LIB_REASON_H

/*
 * Why somebody was refused, or not asked: one stable code that the user sees
 * in brackets and the log repeats as reason=.  Values travel in the protocol:
 * never renumber, only add.
 */
enum aas_reason {
	AAS_WHY_UNKNOWN = 0, /* "unknown": never said on purpose */
	AAS_WHY_OK = 1,      /* "ok" */
	AAS_WHY_NO_KEY = 2,  /* "no-key": none plugged in in time */
	AAS_WHY_FOREIGN_KEY =
	    3, /* "foreign-key": plugged keys are not the user's */
	AAS_WHY_PIN_WRONG = 4,        /* "pin-wrong" */
	AAS_WHY_PIN_BLOCKED = 5,      /* "pin-blocked": reset needed */
	AAS_WHY_PIN_AUTH_BLOCKED = 6, /* "pin-auth-blocked": unplug, plug in */
	AAS_WHY_NO_PIN = 7,           /* "no-pin": UV wanted, key has no PIN */
	AAS_WHY_UV = 8,               /* "uv": the signed data lacks UV */
	AAS_WHY_UP = 9,               /* "up": the signed data lacks UP */
	AAS_WHY_SIGNATURE = 10,       /* "signature" */
	AAS_WHY_RP = 11,       /* "rp": rpIdHash of another relying party */
	AAS_WHY_AUTHDATA = 12, /* "authdata": malformed or unasked-for data */
	AAS_WHY_COUNTER = 13,  /* "counter": went back, a clone is about */
	AAS_WHY_CREDENTIAL =
	    14,                 /* "credential": answer of another credential */
	AAS_WHY_BACKUP = 15,    /* "backup": BE/BS changed or not allowed */
	AAS_WHY_TIMEOUT = 16,   /* "timeout" */
	AAS_WHY_CANCELED = 17,  /* "canceled" */
	AAS_WHY_UNPLUGGED = 18, /* "unplugged": went away in mid-operation */
	AAS_WHY_DEVICE = 19,    /* "device": broken or hostile answer */
	AAS_WHY_DENIED_ON_KEY = 20, /* "denied-on-key": refused at the key */
	AAS_WHY_BUSY = 21,          /* "busy": another sign-in has the keys */
	AAS_WHY_REMOTE = 22,       /* "remote": no server_keys for remote use */
	AAS_WHY_SECOND_KEY = 23,   /* "second-key": two distinct keys needed */
	AAS_WHY_NOT_ENROLLED = 24, /* "not-enrolled" */
	AAS_WHY_ENROLL_NOW = 25,   /* "enroll-now": required, date has passed */
	AAS_WHY_RECORD_BROKEN = 26,  /* "record-broken" */
	AAS_WHY_ROLLBACK = 27,       /* "record-rollback" */
	AAS_WHY_RECORD_MISSING = 28, /* "record-missing": pinned, but gone */
	AAS_WHY_FORKED = 29,         /* "record-forked" */
	AAS_WHY_LOCKED = 30,         /* "locked" */
	AAS_WHY_RECOVERING = 31,     /* "recovering" */
	AAS_WHY_DEGRADED = 32,       /* "degraded": one key left */
	AAS_WHY_DISABLED = 33,       /* "disabled" */
	AAS_WHY_HELD = 34,           /* "held": waits before it counts */
	AAS_WHY_POLICY_MISSING = 35, /* "policy-missing" */
	AAS_WHY_POLICY_BROKEN = 36,  /* "policy-broken" */
	AAS_WHY_POLICY_DENY = 37,    /* "policy-deny" */
	AAS_WHY_GROUPS = 38,         /* "groups": group look-up failed */
	AAS_WHY_USER = 39,           /* "user": no such user, or not that one */
	AAS_WHY_CONV = 40,      /* "conversation": host's conversation failed */
	AAS_WHY_CONFIG = 41,    /* "config": module arguments, or settings */
	AAS_WHY_SYSTEM = 42,    /* "system": a fault of this machine */
	AAS_WHY_PROTOCOL = 43,  /* "protocol": helper broke the protocol */
	AAS_WHY_NO_HELPER = 44, /* "no-helper": could not be started */
	AAS_WHY_NO_TICKET = 45, /* "no-ticket": session without a ceremony */
	AAS_WHY_NOT_SELF = 46,  /* "not-self": only for one's own account */
	AAS_WHY_AUTHORITY = 47, /* "authority": genesis without authority */
	AAS_WHY_EXISTS = 48,    /* "exists": already enrolled, same key twice */
	AAS_WHY_CLOCK = 49,     /* "clock" */
	/* "remote-elevation": su or sudo inside a sign-in from elsewhere */
	AAS_WHY_REMOTE_ELEVATION = 50,
	/* no attestation does here, and security keys are required */
	AAS_WHY_ATTEST_EXPIRED = 51, /* "attest-expired" */
	AAS_WHY_ATTEST_MISSING = 52, /* "attest-missing": another sign-in */
	AAS_WHY_ATTEST_FUTURE = 53,  /* "attest-not-yet" */
	AAS_WHY_UID = 54,            /* "uid": taken for another by programs */
	AAS_WHY_ATTEST_REVOKED = 55, /* "attest-revoked" */
	AAS_WHY_ATTEST_VOID = 56,    /* "attest-void": not authentic */
	AAS_WHY_ATTEST_UNREAD = 57,  /* "attest-unread": others may write it */
	AAS_WHY_KEY_KIND = 58,       /* "key-kind": none that policy takes */
	AAS_WHY_FEW_KEYS = 59,       /* "few-keys": fewer than policy asks */
	AAS_WHY_NO_SESSION = 60,     /* "no-session" */
	AAS_WHY_ALERT_SPOOL = 61,    /* "alert-spool": cannot be told */
	AAS_WHY_NOT_FRESH = 62,      /* "not-fresh": no sign-in just now */
	AAS_WHY_AGENT = 63,          /* "ssh-agent": it did not sign */
	AAS_WHY_NO_LEASE = 64,       /* "no-lease": nobody lends it hours */
	AAS_WHY_NOT_GRANTOR = 65,    /* "not-grantor": no rule lets one lend */
	AAS_WHY_LEASE_LONG = 66,     /* "lease-too-long": over the rule's max */
	AAS_WHY_MAX_TOTAL = 67,      /* "max-total": no longer than that */
	AAS_WHY_KEEPER = 68,         /* "keeper": nobody ends sessions */
	AAS_WHY_LAST = 68
};

/*
 * aas_reason_code(why): the stable code, "unknown" for anything else.
 * aas_reason_text(why): one plain English sentence for the user, what and
 * why and what to do; static, never NULL.
 */
const char *aas_reason_code(unsigned why);
const char *aas_reason_text(unsigned why);

#endif

#!/bin/bash
# it_hosts.sh: what we rely on of hosts, held against the real ones: what an
# account phase loads into them, and what sshd tells of public keys.
# shellcheck disable=SC2016,SC2317 # what check calls, what other shells read
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
rig_alone "$@"

ssh_dir=/home/demo/.ssh

module()
{
	find /lib/*/security /lib/security -name pam_aas.so 2>/dev/null |
	    head -n 1
}

# --- what is loaded -----------------------------------------------------------

# A host that looks up its user, as all do, and stops after the account phase.
account_program()
{
	cat >/run/account.c <<-'C'
	#include <security/pam_appl.h>
	#include <security/pam_misc.h>
	#include <grp.h>
	#include <pwd.h>
	#include <stdio.h>
	#include <syslog.h>
	int main(int argc, char **argv)
	{
		struct pam_conv conv = { misc_conv, NULL };
		pam_handle_t *h = NULL;
		gid_t groups[64];
		int n = 64, c;
		char line[512];
		FILE *f;
		if (argc != 3 || getpwnam(argv[2]) == NULL)
			return 9;
		(void)getgrouplist(argv[2], 1000, groups, &n);
		if (pam_start(argv[1], argv[2], &conv, &h) != PAM_SUCCESS)
			return 9;
		c = pam_acct_mgmt(h, 0);
		f = fopen("/proc/self/maps", "r");
		while (fgets(line, sizeof(line), f) != NULL)
			fputs(line, stdout);
		fprintf(stderr, "account %d\n", c);
		pam_end(h, c);
		return c == PAM_SUCCESS ? 0 : 1;
	}
	C
	gcc -w -o /run/account /run/account.c -lpam -lpam_misc
	echo 'account required pam_aas.so aas1' >/etc/pam.d/ours
	echo 'account required pam_permit.so' >/etc/pam.d/permit
}

files()
{
	/run/account "$1" demo | awk '$6 ~ /^\// { print $6 }' | sort -u
}

loaded()
{
	check "an account phase lets her pass" files ours
	files ours >/run/maps.ours
	files permit >/run/maps.permit
	comm -23 /run/maps.ours /run/maps.permit | grep -v '/policy\.bin$' \
	    >"$out" || :
	check "and maps the module and no library but those of any host" \
	    test "$(cat "$out")" = "$(readlink -f "$(module)")"
	check "the module shows its six functions and nothing else" \
	    test "$(nm -D --defined-only "$(module)" | awk '{ print $NF }' |
		sed 's/@.*//' | grep -v '^PAM_AAS' | sort | tr '\n' ' ')" = \
	    'pam_sm_acct_mgmt pam_sm_authenticate pam_sm_chauthtok pam_sm_close_session pam_sm_open_session pam_sm_setcred '
}

# --- public keys at sshd ------------------------------------------------------

# trust KEY...: sshd takes these of hers.
trust()
{
	local key

	mkdir -p "$ssh_dir"
	for key; do
		cat "/run/$key.pub"
	done >"$ssh_dir/authorized_keys"
	chown -R demo: "$ssh_dir"
}

# ssh_with KEY TOOL ARG...: one of OpenSSH's programs, with that key alone.
ssh_with()
{
	local key=$1 tool=$2

	shift 2
	timeout 30 expect "$talk" 15 "$tool -F none -i /run/$key \
	    -o IdentitiesOnly=yes -o PreferredAuthentications=publickey $*" \
	    'PIN for [^\r\n]*: ?$' 271828 >"$out" 2>&1
}

settings()
{
	rig_demo
	echo 'Subsystem sftp internal-sftp' >>/etc/ssh/sshd_config
	kill -HUP "$(cat /run/sshd.pid)"
	rig_user bob 'bob pw'
	rig_enroll demo
	aasctl --json status demo >"$out"
	rig_export_key demo blue
	ssh-keygen -q -t ed25519 -N '' -C plain -f /run/plain
	softkey plug foreign
	ssh-keygen -q -t ecdsa-sk -N '' -C foreign -f /run/foreign \
	    </dev/null >/run/keygen.out 2>&1 || cat /run/keygen.out
	softkey unplug foreign
} >/dev/null

enrolled_key()
{
	softkey plug blue >/dev/null
	trust blue
	rm -f /run/aas/sessions/*
	check "her key's SSH credential signs her in" \
	    ssh_with blue ssh demo@localhost 'id -un'
	check "... as herself" said '^demo'
	check "the ledger says by what" \
	    eval 'readlink /run/aas/sessions/* |
	    grep -q "\"key\":\"blue\",\"via\":\"ssh-key\""'
	check "sshd says that its PIN and its touch were there" eval \
	    'grep -q "Accepted publickey for demo .*ECDSA-SK" "$rig_log"'
	softkey set blue touch=deny >/dev/null
	check "without a touch it does not" \
	    not ssh_with blue ssh demo@localhost 'id -un'
	softkey set blue touch=auto >/dev/null
	softkey unplug blue >/dev/null
}

# refused KEY TOOL ARG...: sshd takes the key, but there is no session.
refused()
{
	local key=$1

	shift
	: >"$rig_log"
	ssh_with "$key" "$@" || :
	not said 'IN-AS|^demo|SSH-2.0|^Remote working' &&
	    grep -q 'Accepted publickey for demo' "$rig_log" &&
	    grep -q 'phase=session .*reason=no-ticket' "$rig_log"
}

other_keys()
{
	echo pwd >/run/batch
	trust plain foreign
	check "a plain key of hers gets no command" \
	    refused plain ssh demo@localhost 'echo IN-AS demo'
	check "... no shell" refused plain ssh -tt demo@localhost
	check "... no sftp" refused plain sftp -b /run/batch demo@localhost
	check "... no way through to another port" \
	    refused plain ssh -W localhost:22 demo@localhost '</dev/null'
	check "it is no matter of the key: bob, without keys, gets in" bobs
	softkey plug foreign >/dev/null
	check "a security key that is not enrolled gets no command" \
	    refused foreign ssh demo@localhost 'echo IN-AS demo'
	softkey unplug foreign >/dev/null
}

bobs()
{
	mkdir -p /home/bob/.ssh
	cp /run/plain.pub /home/bob/.ssh/authorized_keys
	chown -R bob: /home/bob/.ssh
	ssh_with plain ssh bob@localhost 'id -un' && said '^bob' &&
	    ssh_with plain sftp -b /run/batch bob@localhost &&
	    said '^Remote working directory' || return 1
	ssh_with plain ssh -W localhost:22 bob@localhost '</dev/null' || :
	said SSH-2.0
}

# What she may write into the environment of later modules.
environment()
{
	local file=/home/demo/.pam_environment

	printf 'SSH_AUTH_INFO_0 DEFAULT="publickey %s"\n' \
	    "$(cut -d' ' -f1,2 /run/blue.pub)" >"$file"
	printf 'AAS_TICKET DEFAULT="%s"\n' 0123456789abcdef0123456789abcdef \
	    >>"$file"
	chown demo: "$file"
	cp /etc/pam.d/sshd /run/sshd.stack
	echo 'session required pam_env.so user_readenv=1' >>/etc/pam.d/sshd
	check "her ~/.pam_environment cannot name the enrolled key" \
	    refused plain ssh demo@localhost 'echo IN-AS demo'
	trust blue
	softkey plug blue >/dev/null
	check "it is read at all, after us" \
	    ssh_with blue ssh demo@localhost env
	check "... for certain" said '^AAS_TICKET=0123456789abcdef'
	sed -i '$ d' /etc/pam.d/sshd
	sed -i '0,/^session/s/^session/session required pam_env.so user_readenv=1\n&/' \
	    /etc/pam.d/sshd
	trust plain
	check "before us it would: our line has to come first" eval \
	    'ssh_with plain ssh demo@localhost "echo IN-AS demo"; said "^IN-AS"'
	rm "$file"
	cp /run/sshd.stack /etc/pam.d/sshd
}

# A key that was copied is no SSH key here either.
copied_key()
{
	trust blue
	softkey clone blue blue2 >/dev/null
	check "she signs in with her key" sign_in
	softkey unplug blue >/dev/null
	softkey plug blue2 >/dev/null
	check "its copy is found out" not sign_in
	softkey unplug blue2 >/dev/null
	softkey plug blue >/dev/null
	check "the SSH credential of that key opens no session any more" \
	    refused blue ssh demo@localhost 'echo IN-AS demo'
}

sign_in()
{
	printf '271828\n' | timeout 20 pamtester su demo authenticate
}

settings
account_program
loaded
enrolled_key
other_keys
environment
copied_key
[ "$failed" -eq 0 ] || tail -n 40 "$rig_log"
exit "$failed"

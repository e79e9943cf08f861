# shellcheck shell=bash
# lease.sh: what the tests of leases share: a service account, who lends it
# hours, and a job of it that leaves processes wherever it can.  After lib.sh
# and sessions.sh.
# shellcheck disable=SC2154 # talk, out

# lease_prepare: demo and second may lend ci an hour; other may not.
lease_prepare()
{
	local user

	getent group aas >/dev/null || groupadd --system aas
	rig_keys
	for user in demo second other ci; do
		rig_user "$user" 'correct horse'
	done
	groupadd -f lenders
	usermod -aG lenders demo
	usermod -aG lenders second
	install -m 644 /src/conf/pam.d/aas-runner /etc/pam.d/aas-runner
	mkdir -p /etc/aas
	cat >/etc/aas/policy.conf <<-'CONF'
	rules = (
	  { name = "ci-runs-on-a-lease";
	    lease = { grantors = [ "lenders" ]; accounts = [ "ci" ];
	      max = "1h"; }; },
	  { name = "ci-has-no-keys";
	    users = [ "ci" ]; services = [ "aas-runner", "codex-runner" ];
	    exempt = true; }
	);
	CONF
	chmod 644 /etc/aas/policy.conf
	rig_settings <<-'CONF'
	realm = "demo.example";
	timeout = "20s";
	CONF
	lease_job
}

# /usr/local/bin/codex TAG: what a job does that wants to stay: in the
# background, in a session of its own, given away to process 1, deaf.
lease_job()
{
	cat >/usr/local/bin/codex <<-'SH'
	#!/bin/bash
	for what in fore back own away deaf; do
		cp /bin/sleep "/tmp/$1-$what"
	done
	"/tmp/$1-back" 600 &
	setsid "/tmp/$1-own" 600 &
	(setsid nohup "/tmp/$1-away" 600 >/dev/null 2>&1 &)
	(
		trap '' HUP TERM INT
		setsid "/tmp/$1-deaf" 600 &
	)
	"/tmp/$1-fore" 600
	SH
	chmod 755 /usr/local/bin/codex
}

# grant USER ARG...: with the key 'blue'.
grant()
{
	local user=$1

	shift
	timeout 60 expect "$talk" 50 "setpriv --reuid=$user --regid=$user \
	    --init-groups aasctl lease grant $*" \
	    "PIN for 'blue'[^\r\n]*: \$" 271828 >"$out" 2>&1
	said '^Lent|^A lease that ends later'
}

refuses()
{
	! grant "$@"
}

admits()
{
	aasctl check --user ci --service codex-runner >"$out" 2>&1
}

# all_of TAG: every process of the job runs.
all_of()
{
	local what

	for what in fore back own away deaf; do
		pgrep -f "^/tmp/$1-$what 600" >/dev/null || return 1
	done
}

# ended_after TAG SECONDS: it runs on, until that many seconds from $began, and
# no process of it is left 5 s later.
ended_after()
{
	local now

	now=$(date +%s%N)
	while [ $((began + $2 * 1000000000 - 500000000)) -gt "$now" ]; do
		left "$1-fore" || { echo "it ended too early"; return 1; }
		sleep 0.1
		now=$(date +%s%N)
	done
	gone "$1" $(((began + ($2 + 5) * 1000000000 - now) / 1000000))
}

#!/bin/bash
# it_codex_boot.sh: Codex on a host that systemd booted: what aasd tells of it
# from within the bounds that its unit sets, wherever Codex keeps its files.
# shellcheck disable=SC2016,SC2317 # what check calls
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=rig/lib.sh
. "$here/rig/lib.sh"
# shellcheck source=rig/sessions.sh
. "$here/rig/sessions.sh"

# /usr/local/bin/begin ID DIR HOME: a Codex in DIR that keeps its files in HOME,
# and writes a rollout of that id.
scripts()
{
	mkdir -p /opt/codex
	cp /bin/sleep /opt/codex/codex
	cat >/usr/local/bin/begin <<-'SH'
	#!/bin/sh
	cd "$2" || exit 1
	CODEX_HOME=$3 setsid -f /opt/codex/codex 600 </dev/null >/dev/null 2>&1
	mkdir -p "$3/sessions/2026/11/23"
	at=$(date -u +%Y-%m-%dT%H:%M:%S.000Z)
	printf '{"timestamp":"%s","type":"session_meta","payload":{"id":"%s",' \
	    "$at" "$1" >"$3/sessions/2026/11/23/rollout-$1.jsonl"
	printf '"timestamp":"%s","cwd":"%s","cli_version":"0.50.1"}}\n' \
	    "$at" "$2" >>"$3/sessions/2026/11/23/rollout-$1.jsonl"
	SH
	chmod 755 /usr/local/bin/begin
	cat >/etc/systemd/system/apart.service <<-'UNIT'
	[Service]
	User=demo
	PrivateTmp=yes
	Type=oneshot
	RemainAfterExit=yes
	ExecStart=/usr/local/bin/begin apart /var/tmp /tmp/c
	UNIT
}

# knows ID HOME: what the rollout of that id says of one that keeps it there.
knows()
{
	aasctl --json sessions --all >"$out"
	python3 -c "
import json, sys
for s in json.load(sys.stdin)['sessions']:
    if s.get('rollout') == '$1':
        sys.exit(s['codex_home'] != '$2' or s['version'] != '0.50.1')
sys.exit(1)" <"$out"
}

if [ "${1:-}" = inside ]; then
	[ "$(ps -o comm= -p 1)" = systemd ]
	getent group aas >/dev/null || groupadd --system aas
	rig_user demo 'correct horse'
	scripts
	session_settings ''
	systemctl start aasd.service
	cd /
	check "one in its user's home" runuser -u demo -- \
	    begin home /home/demo /home/demo/.codex
	check "... is known" knows home /home/demo/.codex
	check "one that keeps its files in /tmp" runuser -u demo -- \
	    begin tmp /tmp /tmp/c
	check "... is known" knows tmp /tmp/c
	check "one of a unit that has a /tmp of its own" \
	    systemctl start apart.service
	check "... is known" knows apart /tmp/c
	exit "$failed"
fi
[ -d /sys/fs/cgroup/systemd ] || [ -e /sys/fs/cgroup/cgroup.procs ] ||
    rig_skip "needs a booted host of its own: tests/rig/host.sh run --systemd"
rig_alone "$@"
exec /bin/bash "$here/rig/boot.sh" /bin/bash "$here/it_codex_boot.sh" inside

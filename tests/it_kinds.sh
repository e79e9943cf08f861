#!/bin/bash
# it_kinds.sh: rules about the kinds of keys, with the installed module and
# software keys.  demo has two keys: 'blue', of make 02, can be backed up and
# is; 'spare', of make 31, is bound to its device.  Whatever a rule does not
# take is as if it were not there: at sshd (touch and SSH key), su, login and a
# screen locker, and at an enrolment; aasctl says so beforehand.
# shellcheck disable=SC2016,SC2317 # what check calls
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
rig_alone "$@"

make=6161732d-7269-672d-736f-66746b6579	# and the last byte

# rules TEXT: the only rule, for everybody.
rules()
{
	printf 'rules = ( { name = "kinds"; %s } );\n' "$1" \
	    >/etc/aas/policy.conf
	chmod 644 /etc/aas/policy.conf
	aasctl policy build >/dev/null
}

plug()
{
	local key

	for key in blue spare third; do
		softkey unplug "$key" || :
	done >/dev/null 2>&1
	for key; do
		softkey plug "$key" mode=0666
	done >/dev/null
}

# dark KEY CMD...: it ends, and the key never blinked.
dark()
{
	local before key=$1

	before=$(blinks "$key")
	shift
	"$@" || :
	[ "$(blinks "$key")" = "$before" ]
}

pins=('Press Enter, then touch [^\r\n]*: $' ''
    "PIN for 'blue'[^\\r\\n]*: \$" 271828
    "PIN for 'spare'[^\\r\\n]*: \$" 314159
    'Password: ?$' 'correct horse')

# talk CMD: on a terminal, with what a person types.
talk()
{
	timeout 40 expect "$talk" 30 "$1" "${pins[@]}" >"$out" 2>&1
}

by_ssh()
{
	talk "ssh -F none -tt -o PreferredAuthentications=keyboard-interactive \
	    -o NumberOfPasswordPrompts=1 demo@localhost 'echo IN-AS-\$(id -un)'"
}

# with_key KEY: its SSH credential alone.
with_key()
{
	timeout 40 expect "$talk" 30 "ssh -F none -i /run/$1 \
	    -o IdentitiesOnly=yes -o PreferredAuthentications=publickey \
	    demo@localhost 'echo IN-AS-\$(id -un)'" \
	    'PIN for [^\r\n]*: ?$' "$2" >"$out" 2>&1
}

by_su()
{
	talk "exec setpriv --reuid=guest --regid=guest --init-groups \
	    su demo -c 'echo IN-AS-\$(id -un)'"
}

by_login()
{
	talk 'pamtester login demo authenticate acct_mgmt'
}

by_locker()
{
	talk 'exec setpriv --reuid=demo --regid=demo --init-groups \
	    pamtester locker demo authenticate'
}

in_as_demo()
{
	"$@" && said 'IN-AS-demo|successfully authenticated'
}

# refused REASON CMD...
refused()
{
	local reason=$1

	shift
	"$@" || :
	not said 'IN-AS|successfully authenticated' && said "\[$reason\]"
}

foretold()
{
	aasctl why demo --service "$1" --from "${3:-local}" >"$out" 2>&1 || :
	said "^outcome: .*\[$2\]" || return 1
	aasctl rehearse --user demo --service "$1" --from "${3:-local}" \
	    >"$out" 2>&1 || :
	[ "$2" = ok ] || said "$2"
}

settings()
{
	rig_demo
	rig_user guest guest
	for key in blue third; do
		softkey plug "$key"
		softkey set "$key" synced=1 make=2
		softkey unplug "$key"
	done
	softkey plug third
	softkey set third synced=0 make=7 pin=1234
	softkey unplug third
	rig_enroll demo
	rig_stack locker
	rig_export_key demo blue
	rig_export_key demo spare
	mkdir -p /home/demo/.ssh
	cat /run/blue.pub /run/spare.pub >/home/demo/.ssh/authorized_keys
	chown -R demo: /home/demo/.ssh
} >/dev/null

before()
{
	plug blue
	check "without a rule: sshd asks blue" in_as_demo by_ssh
	check "... takes its SSH key" in_as_demo with_key blue 271828
	check "... su asks it" in_as_demo by_su
	check "... a locker too" in_as_demo by_locker
}

bound()
{
	rules 'device_bound = true;'
	plug blue
	check "device_bound: at sshd a synced key is not asked" \
	    dark blue refused foreign-key by_ssh
	check "... which one to plug in is said" said "Plug in 'spare'"
	check "... and why this one will not do" \
	    said 'a kind that policy does not take here'
	check "... nor at su" dark blue refused foreign-key by_su
	check "... nor at login" dark blue refused foreign-key by_login
	check "... nor by a locker" dark blue refused foreign-key by_locker
	: >"$rig_log"
	check "... its SSH key opens no session" \
	    refused key-kind with_key blue 271828
	check "... and the log says why, and which rule" grep -q \
	    'phase=session .*rule=kinds reason=key-kind' "$rig_log"
	plug blue spare
	check "the other one is asked, sshd" dark blue in_as_demo by_ssh
	check "... su" dark blue in_as_demo by_su
	check "... login" dark blue in_as_demo by_login
	check "... locker" dark blue in_as_demo by_locker
	plug spare
	check "... and its SSH key serves" in_as_demo with_key spare 314159
	check "... foretold" foretold su ok
}

too_few()
{
	rules 'device_bound = true; present = 2;'
	plug blue spare
	check "fewer of the kind than a sign-in takes: refused at sshd" \
	    dark spare refused key-kind by_ssh
	check "... at su" dark spare refused key-kind by_su
	check "... what to do is said" said 'aasctl keys add'
	check "... at login" dark spare refused key-kind by_login
	check "... by a locker" dark spare refused key-kind by_locker
	check "... jobs, and su that asks nobody, go on" \
	    pamtester su demo acct_mgmt open_session
	plug spare
	check "... with an SSH key" refused key-kind with_key spare 314159
	for service in su login sshd; do
		check "... foretold for $service" foretold "$service" key-kind
	done
}

sshd_again()
{
	kill -HUP "$(cat /run/sshd.pid)"
	sleep 0.3
	rig_until ssh-keyscan localhost >/dev/null 2>&1
}

# ssh takes the key that is touched first: a hand has one in at a time.
with_both()
{
	timeout 60 expect "$talk" 50 "ssh -F none -i /run/blue -i /run/spare \
	    -o IdentitiesOnly=yes -o PreferredAuthentications=publickey \
	    demo@localhost 'echo IN-AS-\$(id -un)'" \
	    'PIN for [^\r\n]*blue[^\r\n]*: ?$' \
	    '!softkey unplug spare; softkey plug blue mode=0666!271828' \
	    'PIN for [^\r\n]*spare[^\r\n]*: ?$' \
	    '!softkey unplug blue; softkey plug spare mode=0666!314159' \
	    >"$out" 2>&1
}

two()
{
	rules 'present = 2;'
	plug blue spare
	check "two at a sign-in: one SSH key is refused" \
	    refused second-key with_key blue 271828
	check "... and what to do is said" \
	    said 'PreferredAuthentications=keyboard-interactive'
	check "... which asks both" in_as_demo by_ssh
	check "... as many as sshd was told to accept" \
	    refused second-key with_both
	printf 'AuthenticationMethods publickey,publickey\n' \
	    >>/etc/ssh/sshd_config
	sshd_again
	check "... two SSH keys serve" in_as_demo with_both
	sed -i '/^AuthenticationMethods/d' /etc/ssh/sshd_config
	sshd_again
}

listed()
{
	rules "aaguids = [ \"${make}31\" ];"
	plug blue
	check "aaguids: a key of another make is not asked" \
	    dark blue refused foreign-key by_su
	plug blue spare
	check "... one of that make is" in_as_demo by_su
	rules "aaguids = [ \"${make}02\", \"${make}07\" ];"
	check "of two makes: blue is asked, spare is not" \
	    dark spare in_as_demo by_su
	plug spare
	check "... nor its SSH key taken" refused key-kind with_key spare 314159
	rules "aaguids = [ \"${make}07\" ];"
	check "none of hers is listed: refused" \
	    dark spare refused key-kind by_su
	check "... foretold" foretold su key-kind
}

# make_key USER CMD: who answers no to another try.
make_key()
{
	timeout 40 expect "$talk" 30 \
	    "exec setpriv --reuid=$1 --regid=$1 --init-groups $2" \
	    'Name for key [^\r\n]*: $' third 'Try again[^\r\n]*: $' n \
	    'PIN for [^\r\n]*: $' 1234 >"$out" 2>&1
}

enrolment()
{
	local n

	rules "aaguids = [ \"${make}31\" ];"
	plug third
	check "enrolment: another make is refused before it blinks" \
	    dark third not make_key guest 'aasctl enroll'
	check "... and why is said" said 'make that is listed.*\[key-kind\]'
	rules 'device_bound = true;'
	softkey set third synced=1
	n=$(blinks third)
	check "a synced key is refused" not make_key guest 'aasctl enroll'
	check "... and why is said" said 'can be backed up.*\[key-kind\]'
	check "... after one touch" test "$(blinks third)" -eq $((n + 1))
	check "keys add refuses it too" \
	    not make_key demo 'aasctl keys add third'
	check "... and why is said" said '\[key-kind\]'
	softkey set third synced=0
	plug third
	rules 'device_bound = true; enrolled = 3;'
	plug spare
	check "fewer than enrolled asks: let in, and told" in_as_demo by_login
	check "... how many" said 'asks for 3 .*you have 1'
	check "... foretold" foretold login few-keys
	check "... in compliance" bash -c 'aasctl compliance >"$0" || :
	    grep -q "^short .*demo" "$0"' "$out"
}

settings
before
bound
too_few
two
listed
enrolment
exit "$failed"

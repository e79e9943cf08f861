#!/bin/bash
# bench.sh: what a sign-in costs, beside Debian's pam_u2f with the same
# software keys, in one table.  `make bench` or `./dev bench` runs it.
#
# Instructions are callgrind's, of every process that takes part: each dumps
# and starts from zero right before it forks, so that nothing is counted
# twice (checked first, with processes of known size).  That build lacks the
# system call filter of the device process, which valgrind cannot live under;
# times, calls and memory are of the build as it is installed.  Exit 1 if a
# goal is missed.
#
# AAS_BENCH_USERS: how many users are "many" (1000000).
# shellcheck disable=SC2317 # main calls the rows by name
set -euo pipefail

top=$AAS_TOP_SRCDIR
obj=$AAS_TOP_BUILDDIR
work=/run/bench
missed=0

if [ ! -e /run/aas-rig ]; then
	# It needs keys and a host of its own.
	exec "$top/dev" bench
fi
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
rig_alone "$@"
# lib.sh knows where a private host has its build; ours may be elsewhere.
PATH=$obj/tests/rig:$obj/tests/bench:$PATH
many=${AAS_BENCH_USERS:-1000000}

# --- what is measured ---------------------------------------------------------

build_for_counting()
{
	mkdir -p "$obj/bench-count"
	cd "$obj/bench-count"
	[ -f Makefile ] || "$top/configure" -q --prefix=/usr \
	    --sysconfdir=/etc --localstatedir=/var --with-pam-dir=/usr/pam \
	    --disable-io-filter
	make -s -j2 all >"$obj/bench-count.log" 2>&1 ||
	    { tail -n 20 "$obj/bench-count.log"; exit 1; }
	install_in count
	cd "$obj"
	install_in plain
	cd /
}

install_in()
{
	make -s install DESTDIR="$work/$1" pamdir=/usr/pam \
	    systemdsystemunitdir=/usr/units >"$obj/bench-install.log" 2>&1 ||
	    { tail -n 20 "$obj/bench-install.log"; exit 1; }
}

# settings NAME TREE LINE...: a policy that uses the helpers of that tree.
settings()
{
	local name=$1 tree=$2

	shift 2
	printf '%s\n' 'realm = "bench.test";' \
	    "libexec_dir = \"$work/$tree/usr/libexec/aas\";" "$@" \
	    >"$work/$name.conf"
	"$work/plain/usr/bin/aasctl" policy build \
	    --conf "$work/$name.conf" --out "$work/$name.bin" >/dev/null
}

# service NAME MODULE-LINE
service()
{
	local kind

	for kind in auth account session; do
		printf '%s required %s\n' "$kind" "$2"
	done >"$work/pam.d/$1"
}

u2f=$(find /lib /usr/lib -name pam_u2f.so | head -n 1)

prepare()
{
	mkdir -m 755 "$work" "$work/pam.d"
	mkdir -m 1777 "$work/cg"
	build_for_counting
	settings count count 'uv = "discouraged";'
	settings plain plain 'uv = "discouraged";'
	settings pin count 'uv = "required";'
	service permit pam_permit.so
	service count "$work/count/usr/pam/pam_aas.so aas1 conf=$work/count.bin"
	service pin "$work/count/usr/pam/pam_aas.so aas1 conf=$work/pin.bin"
	# Where it is on a real host: beside the records.
	install -D -m 644 "$work/plain.bin" /var/lib/aas/policy.bin
	service plain "$work/plain/usr/pam/pam_aas.so aas1 conf=/var/lib/aas/policy.bin"
	service u2f "$u2f authfile=$work/u2f.map origin=pam://bench appid=pam://bench"
	rig_user bench 'correct horse'
	uid=$(id -u bench)
	rig_keys
	softkey plug blue >/dev/null
	# It asks for a certificate.
	softkey set blue attest=basic >/dev/null
	pamu2fcfg -u bench -o pam://bench -i pam://bench \
	    >"$work/u2f.map"
	softkey set blue attest=self >/dev/null
	softkey plug spare >/dev/null
	enroll bench "$uid" /var/lib/aas >"$work/enroll.log" 2>&1 ||
	    { cat "$work/enroll.log"; exit 1; }
	softkey unplug spare >/dev/null
}

# enroll NAME UID STATEDIR
enroll()
{
	"$obj/tests/authn_client" enroll --user "$1" --uid "$2" \
	    --realm bench.test --statedir "$3" --policy "$work/plain.bin" \
	    --helper "$work/plain/usr/libexec/aas/aas-authn" --pin 1234 \
	    --label blue,spare
}

pamtx()
{
	"$obj/tests/bench/pamtx" -c "$work/pam.d" -r 1234 "$@"
}

# --- how ----------------------------------------------------------------------

# count CMD...: instructions of CMD and all that it starts.
count()
{
	local rc=0

	rm -f "$work"/cg/*
	nice valgrind -q --tool=callgrind --trace-children=yes \
	    --dump-before=fork --dump-before=_Fork \
	    --callgrind-out-file="$work/cg/%p" "$@" \
	    >"$work/cg.out" 2>&1 || rc=$?
	if [ "$rc" -ne 0 ]; then
		cat "$work/cg.out" >&2
		echo "bench: failed: $*" >&2
		exit 1
	fi
	cat "$work"/cg/* | awk '/^totals:/ { n += $2 } END { print n + 0 }'
}

count_tx()
{
	count "$obj/tests/bench/pamtx" -c "$work/pam.d" -r 1234 "$@" bench
}

# calls CMD...: system calls of CMD and all that it starts.
calls()
{
	strace -f -qq -o "$work/calls" "$@" >/dev/null
	grep -vc '+++\|---\|resumed>' "$work/calls"
}

calls_tx()
{
	calls "$obj/tests/bench/pamtx" -c "$work/pam.d" -r 1234 "$@" bench
}

us()
{
	pamtx -t "$@" bench | sed -n 's/^us //p'
}

median()
{
	sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

ratio()
{
	awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'
}

# row WHAT PEER OURS VALUE GOAL: VALUE is held against GOAL, at most.
row()
{
	local verdict=-

	if [ -n "$5" ]; then
		verdict=ok
		if awk -v v="$4" -v g="$5" 'BEGIN { exit !(v > g) }'; then
			verdict=MISSED
			missed=1
		fi
	fi
	printf '%-45s %12s %12s %9s %9s  %s\n' "$1" "$2" "$3" "$4" \
	    "${5:+<= $5}" "$verdict"
	[ -z "${6:-}" ] || printf '%s %s\n' "$6" "$3" >>"$work/figures"
}

# --- the rows -----------------------------------------------------------------

# A process that forks: counted whole, it must be the sum of its parts.
control()
{
	local one two

	cat >"$work/control.c" <<-'C'
	#include <sys/wait.h>
	#include <unistd.h>
	static void spin(long n) { for (volatile long i = 0; i < n; i++); }
	int main(int argc, char **argv) {
		(void)argv;
		spin(1000000);
		if (argc > 1 && fork() == 0) { spin(1000000); _exit(0); }
		if (argc > 1) wait(0);
		return 0;
	}
	C
	gcc -O1 -o "$work/control" "$work/control.c"
	one=$(count "$work/control")
	two=$(count "$work/control" fork)
	# One loop is 6 million; the fork itself a few thousand.
	row "method: twice the loop in two processes" "$one" "$two" \
	    "$(awk -v a="$one" -v b="$two" \
	    'BEGIN { d = (b - a) / 6e6; printf "%.3f", (d > 1 ? d : 2 - d) }')" \
	    1.02
}

instructions()
{
	local p u o u2 o2 phase

	p=$(count_tx -s permit -p a)
	u=$(($(count_tx -s u2f -p a) - p))
	o=$(($(count_tx -s count -p a) - p))
	row "sign-in, one key plugged in" "$u" "$o" "$(ratio "$o" "$u")" 0.50 \
	    auth
	softkey plug spare >/dev/null
	u2=$(($(count_tx -s u2f -p a) - p))
	o2=$(($(count_tx -s count -p a) - p))
	row "sign-in, a second key plugged in too" "$u2" "$o2" \
	    "$(ratio "$o2" "$u2")" "" auth2
	row "  what the second key adds" $((u2 - u)) $((o2 - o)) $((o2 - o)) \
	    2000000
	softkey unplug spare >/dev/null
	for phase in c s; do
		p=$(count_tx -s permit -p "$phase")
		o=$(count_tx -s count -p "$phase")
		row "$([ "$phase" = c ] && echo account || echo session)" \
		    "$p" "$o" "$(ratio "$o" "$p")" 1.30 "phase-$phase"
	done
}

maps()
{
	pamtx -m -s permit -p c bench | grep '^map .*\.so' | sort -u \
	    >"$work/maps.permit"
	pamtx -m -s plain -p cs bench | grep '^map .*\.so' | sort -u \
	    >"$work/maps.ours"
	row "libraries mapped by account and session" \
	    "$(wc -l <"$work/maps.permit")" "$(wc -l <"$work/maps.ours")" \
	    "$(comm -13 "$work/maps.permit" "$work/maps.ours" |
	    grep -vc 'pam_aas.so$')" 0
}

# Pairs, one after the other: a busy machine slows both.
times()
{
	local i u o

	for ((i = 0; i < 31; i++)); do
		u=$(us -s u2f -p a)
		o=$(us -s plain -p a)
		echo "$u $o $(ratio "$o" "$u")"
	done >"$work/pairs"
	row "sign-in, microseconds (31 pairs, median)" \
	    "$(cut -d' ' -f1 "$work/pairs" | median)" \
	    "$(cut -d' ' -f2 "$work/pairs" | median)" \
	    "$(cut -d' ' -f3 "$work/pairs" | median)" 1.00
}

# more_calls SERVICE PHASE: of one more transaction in a process that had one,
# as every host has looked its user up before.
more_calls()
{
	local one two

	one=$(calls_tx -s "$1" -p "$2" -n 1)
	two=$(calls_tx -s "$1" -p "$2" -n 2)
	echo $((two - one))
}

system_calls()
{
	local p o

	p=$(more_calls permit c)
	o=$(more_calls plain c)
	row "system calls: account" "$p" "$o" $((o - p)) 25
	p=$(more_calls permit s)
	o=$(more_calls plain s)
	row "system calls: session" "$p" "$o" $((o - p)) 35
	p=$(calls_tx -s permit -p c)
	o=$(calls_tx -s plain -p c)
	row "system calls: account, first of a process" "$p" "$o" \
	    $((o - p)) ""
	p=$(calls_tx -s permit -p s)
	o=$(calls_tx -s plain -p s)
	row "system calls: session, first of a process" "$p" "$o" \
	    $((o - p)) ""
	p=$(calls_tx -s u2f -p a)
	o=$(calls_tx -s plain -p a)
	row "system calls: sign-in, all processes" "$p" "$o" \
	    "$(ratio "$o" "$p")" ""
}

memory()
{
	local p o

	p=$(pamtx -g -n 11 -s permit -p cs bench | sed -n 's/^rss //p')
	o=$(pamtx -g -n 2000 -s plain -p cs bench | sed -n 's/^rss //p')
	row "kB resident: 10 x account and session" "${p% *}" "${o% *}" \
	    "$(ratio "${o% *}" "${p% *}")" 1.30
	row "kB grown by 1,990 more" - $((${o#* } - ${o% *})) \
	    $((${o#* } - ${o% *})) 0
}

lookup()
{
	local few big a b u1 u2 i

	mkdir "$work/many"
	mount -t tmpfs -o mode=755,nr_inodes=0,size=75% tmpfs "$work/many"
	lookup_make few 1000
	lookup_make big "$many"
	# In turns, so that what else runs hits both.
	for ((i = 0; i < 7; i++)); do
		few=$(lookup_time few 1000)
		big=$(lookup_time big "$many")
		echo "$few $big $(ratio "$big" "$few")"
	done >"$work/lookups"
	a=$(cut -d' ' -f1 "$work/lookups" | median)
	b=$(cut -d' ' -f2 "$work/lookups" | median)
	row "look-up, ns: 1,000 users, then $many" "$a" "$b" \
	    "$(cut -d' ' -f3 "$work/lookups" | median)" 1.50
	u1=$(us -s u2f -p a)
	awk -v n="$many" 'BEGIN { for (i = 0; i < n; i++)
	    printf "u%d:x,y,es256,+presence\n", i }' >"$work/u2f.many"
	cat "$work/u2f.map" >>"$work/u2f.many"
	mv "$work/u2f.many" "$work/u2f.map"
	u2=$(us -s u2f -p a)
	tail -n 1 "$work/u2f.map" >"$work/u2f.one"
	mv "$work/u2f.one" "$work/u2f.map"
	row "  pam_u2f's, microseconds: 1 user, then many" "$u1" "$u2" \
	    "$(ratio "$u2" "$u1")" ""
}

lookup_make()
{
	"$obj/tests/bench/lookup" make "$work/many/$1" "$2" 1000
}

lookup_time()
{
	"$obj/tests/bench/lookup" time "$work/many/$1" "$2" 1000 11 |
	    sed -n 's/^ns //p'
}

# cost DIR CMD...: "FSYNCS BYTES" that CMD and its children write below DIR.
cost()
{
	local dir=$1

	shift
	strace -f -qq -y -s 0 -e trace=write,pwrite64,fsync,fdatasync \
	    -o "$work/cost" "$@" >/dev/null
	awk -v dir="<$dir/" 'index($0, dir) == 0 { next }
	    /fsync|fdatasync/ { s++ }
	    /write/ { b += $NF }
	    END { print s + 0, b + 0 }' "$work/cost"
}

changes()
{
	local one few big

	one=$(cost /var/lib/aas "$obj/tests/bench/pamtx" -c "$work/pam.d" \
	    -s plain -p a bench)
	row "a sign-in's counter: fsyncs, bytes written" - "$one" \
	    "${one#* }" 8192
	softkey plug spare >/dev/null
	few=$(cost "$work/many/few" "$obj/tests/authn_client" enroll \
	    --user new --uid 99999 --realm bench.test --pin 1234 \
	    --statedir "$work/many/few" --policy "$work/plain.bin" \
	    --helper "$work/plain/usr/libexec/aas/aas-authn" \
	    --label blue,spare)
	big=$(cost "$work/many/big" "$obj/tests/authn_client" enroll \
	    --user new --uid 99999 --realm bench.test --pin 1234 \
	    --statedir "$work/many/big" --policy "$work/plain.bin" \
	    --helper "$work/plain/usr/libexec/aas/aas-authn" \
	    --label blue,spare)
	row "one enrolment: fsyncs, bytes; 1,000, many users" "$few" "$big" \
	    "$(ratio "${big#* }" "${few#* }")" 1.05
	row "  its bytes" "${few#* }" "${big#* }" "${big#* }" 16384
	softkey unplug spare >/dev/null
}

# pam_u2f cannot do this: keys are in use, so its turn is one by one.
at_once()
{
	local u o n=1000

	softkey plug spare >/dev/null
	u=$(for ((i = 0; i < 50; i++)); do us -s u2f -p a; done |
	    awk -v n="$n" '{ s += $1 } END { print int(s / NR * n) }')
	o=$(pamtx -t -l -j "$n" -s plain -p acs bench | tee "$work/crowd" |
	    sed -n 's/^us //p')
	grep -qx "good $n" "$work/crowd" || missed=1
	row "$n sign-ins: pam_u2f in turn, ours at once, us" "$u" "$o" \
	    "$(ratio "$o" "$u")" 1.30
	softkey unplug spare >/dev/null
}

# each WHAT FILE: instructions of one of tests/bench/policy's own.
each()
{
	local a b

	a=$(count "$obj/tests/bench/policy" "$1" "$2" 1000)
	b=$(count "$obj/tests/bench/policy" "$1" "$2" 3000)
	echo $(((b - a) / 2000))
}

nanoseconds()
{
	local i

	for i in 1 2 3 4 5; do
		"$obj/tests/bench/policy" "$@" | sed -n 's/^ns //p'
	done | median
}

# The decision alone: over 1,000 and 100,000 rules, of a user in 8 groups.
decisions()
{
	local dir=$work/policy n bare few many access p

	mkdir -m 755 "$dir"
	for n in 1000 10000 100000; do
		"$obj/tests/bench/policy" make "$dir" "$n"
	done
	service access \
	    "pam_access.so nodefgroup accessfile=$dir/access-100000.conf"
	p=$(count_tx -s permit -p c)
	access=$(($(count_tx -s access -p c) - p))
	bare=$(each hash "$dir/policy-100000.bin")
	few=$(each warm "$dir/policy-1000.bin")
	many=$(each warm "$dir/policy-100000.bin")
	row "decision, 100,000 rules; its bare look-ups" "$bare" "$many" \
	    "$many" 3200 decision
	row "  over 1,000 rules, then 100,000" "$few" "$many" \
	    "$(ratio "$many" "$few")" 1.10
	row "  pam_access, 100,000 lines" "$access" "$many" \
	    "$(awk -v a="$many" -v b="$access" \
	    'BEGIN { printf "%.6f", a / b }')" 0.0001
	few=$(each cold "$dir/policy-1000.bin")
	many=$(each cold "$dir/policy-100000.bin")
	row "open, decide, free: 1,000 rules, then 100,000" "$few" "$many" \
	    "$(ratio "$many" "$few")" 1.10 decision-cold
	row "  pam_access, 100,000 lines" "$access" "$many" \
	    "$(awk -v a="$many" -v b="$access" \
	    'BEGIN { printf "%.6f", a / b }')" 0.001
	row "  nanoseconds of processor" \
	    "$(nanoseconds cold "$dir/policy-1000.bin" 3000)" \
	    "$(nanoseconds cold "$dir/policy-100000.bin" 3000)" - ""
	many=$(nanoseconds whole "$dir/policy-100000.bin" 1000000)
	row "decision after decision, other users, ns each" - "$many" \
	    "$many" 1000
	few=$(nanoseconds compile 10000 1)
	many=$(nanoseconds compile 100000 1)
	row "compile, ns: 10,000 rules, then 100,000" "$few" "$many" \
	    "$(ratio "$many" "$few")" ""
}

# Drift of the counts that are the same on every machine.
baseline()
{
	local name was now

	while read -r name was; do
		case $name in \#* | "") continue ;; esac
		now=$(sed -n "s/^$name //p" "$work/figures")
		row "drift of $name" "$was" "$now" "$(awk -v a="$was" \
		    -v b="$now" 'BEGIN { d = (b - a) / a * 100
		    printf "%.1f%%", d }')" ""
	done <"$top/tests/bench/baseline.txt"
}

main()
{
	prepare
	printf '%-45s %12s %12s %9s %9s\n' "instructions, unless it says else" \
	    peer ours ratio goal
	if [ $# -eq 0 ]; then
		set -- control instructions maps times system_calls memory \
		    lookup changes decisions at_once baseline
	fi
	local part
	for part; do
		"$part"
	done
	exit "$missed"
}

main "$@"

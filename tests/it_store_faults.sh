#!/bin/sh
# What a crash or a bad disk does to a store.
#
# f4, f5: a call that fails while loading is a refusal or changes nothing.
# f7: the program is killed at each of its system calls in turn; what is found
# afterwards is the old state or the new one.  f1, f2, f3: a disk that is full,
# has no inodes, or is read-only, refuses what is new and keeps what is there.
# f8: the power goes, while an entry is stored and right after: what the disk
# has by then is the old state or the new one, and the new one once it was said.
set -u
# A mount namespace of its own, or no mounts at all.
if [ -z "${AAS_FAULTS_NS:-}" ]; then
	AAS_FAULTS_NS=no
	unshare -m true 2>/dev/null && AAS_FAULTS_NS=yes
	export AAS_FAULTS_NS
	[ $AAS_FAULTS_NS = no ] || exec unshare -m sh "$0" "$@"
fi
step=${AAS_TOP_BUILDDIR:-.}/tests/store_step
dir=$(mktemp -d /var/tmp/aas-faults.XXXXXX) || exit 99
bad=0

skip()
{
	echo "skipped: $1" >&2
	rm -rf "$dir"
	exit 77
}

say()
{
	echo "$1" >&2
	bad=1
}

trap 'umount "$dir/small" 2>/dev/null; rm -rf "$dir"' EXIT
[ "$(id -u)" = 0 ] || skip "needs root"

# --- f7 ----------------------------------------------------------------------

# sweep KIND OLD NEW: kill an append at each call; OLD or NEW must be left.
sweep()
{
	rm -rf "$dir/from" && mkdir -m 0700 "$dir/from" || exit 99
	"$step" make "$dir/from" "$1" || { say "make $1 failed"; return; }
	# Nothing is to be found by chance: the states as they are without a kill.
	cp -a "$dir/from" "$dir/to"
	[ "$("$step" show "$dir/to")" = "$2" ] ||
	    say "$1: before: $("$step" show "$dir/to"), not $2"
	"$step" append "$dir/to" "$1" || say "$1: append failed"
	[ "$("$step" show "$dir/to")" = "$3" ] ||
	    say "$1: after: $("$step" show "$dir/to"), not $3"
	rm -rf "$dir/to"
	old=0
	new=0
	for call in $4; do
		n=1
		while [ $n -lt 60 ]; do
			cp -a "$dir/from" "$dir/to"
			strace -qqq -o /dev/null -e trace="$call" -e \
			    inject="$call:signal=KILL:when=$n" \
			    "$step" append "$dir/to" "$1" 2>/dev/null
			rc=$?
			got=$("$step" show "$dir/to")
			again=$("$step" show "$dir/to")
			[ "$got" = "$again" ] ||
			    say "$1 $call $n: first $got, then $again"
			case $got in
			"$2") old=$((old + 1)) ;;
			"$3") new=$((new + 1)) ;;
			*) say "$1 killed at $call $n: $got" ;;
			esac
			# What a crash left is not in the way of the next.
			if [ "$got" = "$2" ]; then
				"$step" append "$dir/to" "$1" ||
				    say "$1 $call $n: cannot append after it"
			fi
			rm -rf "$dir/to"
			[ $rc -eq 0 ] && break
			n=$((n + 1))
		done
		[ $n -lt 60 ] || say "$1: $call has no end"
	done
	echo "$1: old=$old new=$new bad=$bad"
	if [ $old -lt 3 ] || [ $new -lt 3 ]; then
		say "$1: the sweep found too little"
	fi
}

strace -qqq -o /dev/null true 2>/dev/null || skip "strace does not run here"
if strace -qqq -o /dev/null -e inject=write:signal=KILL:when=1 \
    echo 2>/dev/null; then
	skip "strace cannot inject here"
fi
sweep genesis "none" "held active=0 pending=1" \
    "write fsync renameat fchmod unlinkat"
sweep replace "held active=0 pending=1" "enrolled active=2 pending=0" \
    "write fsync renameat fchmod mkdirat unlinkat"
sweep add "enrolled active=2 pending=0" "enrolled active=2 pending=1" \
    "write fsync renameat"
sweep suspend "enrolled active=2 pending=0" "degraded active=1 pending=0" \
    "renameat"

# --- f4, f5 ------------------------------------------------------------------

# Each call of a load fails once: never another state, never "no record".
rm -rf "$dir/from" && mkdir -m 0700 "$dir/from" || exit 99
"$step" make "$dir/from" add || say "make failed"
runs=0
for call in openat read newfstatat flock fsync; do
	for error in EIO EINTR; do
		n=1
		while [ $n -lt 80 ]; do
			got=$(strace -qqq -o "$dir/trace" -e trace="$call" -e \
			    inject="$call:error=$error:when=$n" \
			    "$step" show "$dir/from" 2>/dev/null)
			runs=$((runs + 1))
			case $got in
			"" | bad* | *"enrolled active=2 pending=0") ;;
			*) say "$call $n $error: $got" ;;
			esac
			case $got in
			index=-4*) say "$call $n $error: no index at all" ;;
			esac
			grep -q INJECTED "$dir/trace" || break
			n=$((n + 1))
		done
	done
done
echo "f4, f5: $runs runs, bad=$bad"

# --- f1, f2, f3 ---------------------------------------------------------------

fill()
{
	i=0
	case $1 in
	bytes)
		cat /dev/zero >"$dir/small/fill" 2>/dev/null
		;;
	inodes)
		while touch "$dir/small/fill$i" 2>/dev/null; do
			i=$((i + 1))
		done
		;;
	*)
		mount -o remount,ro "$dir/small"
		;;
	esac
}

# starved OPTIONS WITH: a file system of its own that takes no more.
starved()
{
	mkdir -p "$dir/small"
	mount -t tmpfs -o "$1,mode=0700" tmpfs "$dir/small" || return 1
	"$step" make "$dir/small" add || say "$1: make failed"
	"$step" put "$dir/small" 5 || say "$1: put failed"
	# Without its index, so that there is something to write.
	rm "$dir/small/aas/index/1000"
	fill "$2"
	[ "$("$step" show "$dir/small")" = "enrolled active=2 pending=0" ] ||
	    say "$1: cannot load: $("$step" show "$dir/small")"
	"$step" append "$dir/small" add 2>/dev/null && say "$1: append worked"
	"$step" put "$dir/small" 6 2>/dev/null && say "$1: put worked"
	[ "$("$step" show "$dir/small")" = "enrolled active=2 pending=0" ] ||
	    say "$1: $("$step" show "$dir/small")"
	[ "$("$step" get "$dir/small")" = "5 0" ] || say "$1: counter lost"
	mount -o remount,rw,size=8m,nr_inodes=1000 "$dir/small"
	rm -f "$dir"/small/fill*
	"$step" append "$dir/small" add || say "$1: cannot append afterwards"
	[ "$("$step" show "$dir/small")" = "enrolled active=2 pending=1" ] ||
	    say "$1 afterwards: $("$step" show "$dir/small")"
	umount "$dir/small"
}

if [ "$AAS_FAULTS_NS" = no ]; then
	echo "no mount namespace: f1 to f3 not run" >&2
	[ $bad -ne 0 ] || bad=77
else
	starved size=256k,nr_inodes=100 bytes || skip "no tmpfs"
	starved size=4m,nr_inodes=64 inodes
	starved size=4m,nr_inodes=100 nothing
fi

# --- f8 ----------------------------------------------------------------------

# left STRACE-OPTION...: append below strace on a disk that writes back what it
# is told to, and nothing else before long; then what a copy of the disk has,
# as it was taken while that was still mounted.
left()
{
	rm -rf "$dir/disk.copy"
	cp "$dir/disk.base" "$dir/disk.img"
	mount -o "loop,$lazy" "$dir/disk.img" "$dir/disk" || return 1
	strace -qqq -o /dev/null "$@" "$step" append "$dir/disk" add 2>/dev/null
	cp "$dir/disk.img" "$dir/disk.copy"
	umount "$dir/disk"
	mount -o loop "$dir/disk.copy" "$dir/disk" || return 1
	"$step" show "$dir/disk"
	umount "$dir/disk"
}

power()
{
	old="enrolled active=2 pending=0"
	new="enrolled active=2 pending=1"
	calls='write fsync renameat'
	[ "$(left -e trace=none)" = "$new" ] ||
	    say "f8: said, and gone with the power: $(left -e trace=none)"
	# Without fsync(2) that would be lost, or this test finds nothing.
	[ "$(left -e inject=fsync:retval=0 -e trace=fsync)" != "$new" ] ||
	    say "f8: the disk keeps what nobody told it to"
	olds=0
	news=1
	for call in $calls; do
		for n in 1 2 3 4 5 6; do
			got=$(left -e trace="$call" \
			    -e inject="$call:signal=KILL:when=$n")
			case $got in
			"$old") olds=$((olds + 1)) ;;
			"$new") news=$((news + 1)) ;;
			*) say "f8: $call $n: $got" ;;
			esac
		done
	done
	echo "f8: old=$olds new=$news bad=$bad"
	if [ $olds -lt 3 ] || [ $news -lt 3 ]; then
		say "f8: the sweep found too little"
	fi
}

lazy=noauto_da_alloc,data=writeback,commit=300
if [ "$AAS_FAULTS_NS" = yes ] && command -v mkfs.ext4 >/dev/null; then
	trap 'umount "$dir/disk" "$dir/small" 2>/dev/null; rm -rf "$dir"' EXIT
	mkdir -m 0700 "$dir/disk"
	truncate -s 16m "$dir/disk.base"
	if mkfs.ext4 -q -F "$dir/disk.base" 2>/dev/null &&
	    mount -o "loop,$lazy" "$dir/disk.base" "$dir/disk" 2>/dev/null; then
		chmod 0700 "$dir/disk"
		"$step" make "$dir/disk" add || say "f8: make failed"
		umount "$dir/disk"
		power
	else
		echo "no ext4 on a loop device: f8 not run" >&2
	fi
fi
exit $bad

#!/bin/sh
# What waits in the notifier's queue, and when it ends.
#
# Downtime or a clock that jumps gives up nothing: what waits is delivered as
# soon as its place works again.  An address of a user's own that takes nothing
# keeps no new alert from the other places.
# shellcheck disable=SC2016 # what a sink is made of
set -u
if [ -z "${AAS_NOTIFY_NS:-}" ]; then
	[ "$(id -u)" = 0 ] || { echo "skipped: needs root" >&2; exit 77; }
	unshare -m true 2>/dev/null ||
	    { echo "skipped: no mount namespace" >&2; exit 77; }
	AAS_NOTIFY_NS=yes exec unshare -m sh "$0" "$@"
fi
# Not in /tmp or /var/tmp: a channel has empty ones of its own.
dir=/mnt
mount -t tmpfs -o mode=755 tmpfs "$dir" || exit 99
{
	grep -v '^aas-notify:' /etc/passwd
	echo 'aas-notify:x:64997:64997::/nonexistent:/usr/sbin/nologin'
} >"$dir/passwd"
mount --bind "$dir/passwd" /etc/passwd || exit 99
notify=${AAS_TOP_BUILDDIR:-.}/tools/aas-notify
spool=$dir/w/spool
alerts=$dir/w/state/alerts
out=$dir/out
failed=0
n=0

cat >"$dir/aas.conf" <<-C
	realm = "example.org";
	alerts = { syslog = false; journal = false; terminals = false;
	    exec = ( { argv = [ "$dir/sink", "$out" ]; } ); };
C

begin()
{
	rm -rf "$dir/w"
	mkdir -p "$alerts" "$spool/new"
	chmod 0755 "$dir/w" "$dir/w/state" "$spool"
	chmod 0700 "$alerts" "$spool/new"
	: >"$out"
	chmod 0666 "$out"
}

# sink SH: what the one program of aas.conf does.
sink()
{
	printf '#!/bin/sh\n%s\n' "$1" >"$dir/sink"
	chmod 0755 "$dir/sink"
}

run()
{
	timeout 60 "$notify" --verbose --config "$dir/aas.conf" \
	    --state "$dir/w/state" --spool "$spool" "$@" \
	    </dev/null 2>>"$dir/log"
}

# event TYPE UID: one in new/, as the module writes it.
event()
{
	n=$((n + 1))
	id=$(printf '%032x' $((0x700000 + n)))
	(
		umask 077
		printf '{"v":1,"id":"%s","type":"%s","time":"%s","host":"h","user":"u%s","uid":%s,"text":"x"}\n' \
		    "$id" "$1" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$2" "$2" \
		    >"$spool/new/$(printf '%020d' "$n")-$id.json"
	)
}

# is WHAT WANTED GOT
is()
{
	if [ "$2" = "$3" ]; then
		echo "ok    $1"
	else
		echo "FAIL  $1: $3, and not $2"
		failed=1
	fi
}

files()
{
	find "$spool/$1" -type f | wc -l
}

# --- off for a week, or a clock that jumped -------------------------------------

begin
sink 'echo try >>"$1"; exit 75'
for _ in 1 2 3 4 5 6 7 8 9 10; do
	event key-added 2000
done
run
old=$(($(date +%s) - 8 * 86400))
for f in "$spool"/queue/*; do
	sed -i "2s/.*/aasq1 $old 1 $((old + 45))/" "$f"
done
sed -i "s/ [0-9]*\$/ $((old + 45))/" "$spool/targets"
run
is 'after a week that was not worked in all still waits' \
    '10 0' "$(files queue) $(files dead)"
sink 'exec cat >>"$1"'
: >"$out"
run --all
is 'and is delivered' '10 0' "$(grep -c key-added "$out") $(files queue)"

# In 7 days of 10 minutes each there are 1,011 attempts.
sink 'exit 75'
event key-added 2000
run
for f in "$spool"/queue/*; do
	sed -i "2s/.*/aasq1 $old 1 $((old + 45))/" "$f"
done
sed -i "s/ .*/ 1009 $((old + 45))/" "$spool/targets"
run
is 'a place that failed as long as what waited is given up later' \
    '1 0' "$(files queue) $(files dead)"
sed -i "s/ [0-9]*\$/ $((old + 45))/" "$spool/targets"
run --all
is 'or now' 1 "$(find "$spool/dead" -type f -name '*u2000' | wc -l)"

# --- one user's queue, kept full by an address of his own -----------------------

begin
sink 'exec cat >>"$1"'
(umask 077; echo 'https://127.0.0.1:1/x' >"$alerts/2000.to")
event sign-in 2000
run
q=$(find "$spool/queue" -type f)
for k in $(seq 101 1109); do
	cp -p "$q" "${q%/*}/0$(printf '%019d' "$k")-${q##*-}"
done
rm "$q"
for kind in sign-in session-ended first-network; do
	event "$kind" 2000
done
: >"$out"
run
is 'what is new goes to the places that work' 'first-network
session-ended
sign-in' "$(sed -n '/"uid":2000/s/.*"type":"\([^"]*\)".*/\1/p' "$out" | sort)"
is 'and the oldest make room' '1009 3' "$(files queue) $(files dead)"
event sign-in 2000
run
is 'of which root hears, once an hour' 1 "$(grep -c delivery-failing "$alerts/0")"
exit "$failed"

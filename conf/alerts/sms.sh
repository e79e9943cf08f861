#!/bin/sh
# A channel for aas.conf(5):
#
#	alerts = { exec = ( { argv = [ "/usr/local/libexec/aas-sms",
#	    "+15550100" ]; } ); };
#
# A text message by the modem of this host (mmcli, of ModemManager) for what
# cannot wait: recovery, keys, locks, addresses, emergency access.  What else
# comes is told elsewhere and counts as done here.  It needs jq(1), and a rule
# of polkit that lets the user aas-notify use
# org.freedesktop.ModemManager1.Messaging.  Exit status: 0 told, 75 again later;
# nothing that goes wrong here is a reason to give an alert up.
set -u
event=$(cat)
type=$(printf '%s' "$event" | jq -r .type) || exit 75
case $type in
recovery-* | key-* | break-glass | record-broken | repinned) ;;
enrolled | counter | contacts | locked | unlocked | disabled | enabled) ;;
change-cancelled | alerts-damaged) ;;
*) exit 0 ;;
esac
text=$(printf '%s' "$event" | jq -r '[.host, .type, .user // "-"] | join(" ")' |
    tr -cd 'A-Za-z0-9 ._-' | cut -c 1-140)
[ -n "$text" ] || exit 75
path=$(mmcli -m any --messaging-create-sms="text='$text',number='$1'" |
    grep -o '/org/[^ ]*') || exit 75
rc=0
mmcli -s "$path" --send || rc=75
# Also what was sent stays in the modem, which has room for a few.
mmcli -m any --messaging-delete-sms="$path" || :
exit "$rc"

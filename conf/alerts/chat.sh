#!/bin/sh
# A channel for aas.conf(5):
#
#	alerts = { exec = ( { argv = [ "/usr/local/libexec/aas-chat",
#	    "/etc/aas/chat.url" ]; } ); };
#
# It posts one line to a chat (Slack, Mattermost, Matrix by a bridge) whose
# incoming webhook stands in the file that it is given; that file is readable
# by the user aas-notify.  It needs jq(1) and curl(1).  The event comes on
# standard input, one line of JSON in plain ASCII.  Exit status: 0 told, 75
# again later; nothing that goes wrong here is a reason to give an alert up.
set -u
# jq, not the shell, takes the event apart: nothing in it is ever evaluated.
# What a stranger may have chosen stands between backquotes, without what a
# chat takes for markup, a link or a call for everybody, and without what is
# not to be seen.  The address and the message go to curl by a file of
# settings: arguments can be seen by everybody.
settings=$(jq -r --rawfile url "$1" '
def shown: gsub("[^\\p{L}\\p{M}\\p{N}\\p{P}\\p{S} ]"; "?") | gsub("`"; "\u0027")
    | gsub("&"; "&amp;") | gsub("<"; "&lt;") | gsub(">"; "&gt;")
    | "`" + .[0:300] + "`";
def is_address: test("^[0-9.]+$|^[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*$");
{text: ("[" + (.host // "-" | shown) + "] " + .type + " of "
    + (.user // "-" | shown)
    + (if .rhost then " from " + (.rhost | shown)
	+ (if .rhost | is_address then "" else " (a name, not verified)" end)
	else "" end)
    + (if .count then ", \(.count) times" else "" end)
    + (if .text then ": " + (.text | shown) else "" end)
    + (if .session // "" | test("^[0-9a-f]{8,64}$")
	then " - not you? aasctl end " + .session + " --lock" else "" end)
    + " (alert \(.number), previous \(.number - 1))")} | tojson
    | "data-raw = " + tojson,
"url = " + ($url | rtrimstr("\n") | tojson)') || exit 75
code=$(printf '%s\n' "$settings" | curl -q -sS -o /dev/null \
    -w '%{http_code}' --proto =https --noproxy '*' -m 15 \
    -H 'Content-Type: application/json' -K -) || exit 75
# Not curl -f alone: that takes a redirection, as to a sign-in, for success.
case $code in
2??) ;;
*)
	echo "answer $code"
	exit 75
	;;
esac

#!/bin/sh
# What the pages list is what there is: settings, reasons and their sentences,
# events, commands.
set -u
top=${AAS_TOP_SRCDIR:-$(dirname "$0")/..}
cd "$top" || exit 99
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
bad=0

# listed WHAT FILE PATTERN PAGE FORMAT: each word that stands in quotes in what
# matches PATTERN in FILE has a line in PAGE.
listed()
{
	grep -oE -- "$3" "$2" | sed 's/^[^"]*"\([^"]*\)".*/\1/' | sort -u \
	    >"$tmp/words"
	[ "$(wc -l <"$tmp/words")" -ge 20 ] ||
	    { echo "$2: too few are found: see $0" >&2; bad=1; }
	while read -r word; do
		# shellcheck disable=SC2059 # a format it is
		grep -qE -- "$(printf "$5" "$word")" "$4" && continue
		echo "$4: there is nothing about the $1 $word of $2" >&2
		bad=1
	done <"$tmp/words"
}

listed setting lib/conf/values.c '^	\{ "[a-z_]+", [A-Z]+,' \
    docs/aas.conf.5 '^\.(It )?Ic (.*, )?%s( |,)'
# shellcheck disable=SC2016 # of Markdown
listed event lib/event/event.c '\[AAS_EV_[A-Z_]+\] = \{ "[a-z-]+"' \
    docs/events.md '^\|.*`%s`.*\|'
listed command aasctl/aasctl.c '^	\{ "[a-z-]+", aasctl_cmd_' \
    docs/aasctl.8 '^\.It Cm %s( |$)'

# The reasons, one line each: code and sentences.
awk '/^\t\[AAS_WHY_/ { on = 1; line = "" }
    on { line = line $0 }
    on && /},$/ {
	gsub(/\\"/, "\001", line)
	n = split(line, part, "\"")
	text = ""
	for (i = 4; i <= n; i += 2)
		text = text part[i]
	gsub("\001", "\"", text)
	if (part[2] != "ok")
		print part[2] " " text
	on = 0
    }' lib/reason.c | sort >"$tmp/code"
awk '/^\.Sh/ { on = /REASONS/; next }
    on && /^\.It/ { printf "%s%s", sep, $3; sep = "\n"; next }
    on && /^[^.]/ && sep { printf " %s", $0 }
    END { print "" }' docs/pam_aas.8 | sort >"$tmp/page"
[ "$(wc -l <"$tmp/code")" -ge 20 ] || bad=1
if ! diff "$tmp/code" "$tmp/page" >&2; then
	echo "docs/pam_aas.8: REASONS are not those of lib/reason.c" >&2
	bad=1
fi
exit $bad

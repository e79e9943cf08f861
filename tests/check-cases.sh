#!/bin/sh
# Each case of tests/cases.txt has a test that is there, and that is run: of a C
# program one that is in its list, of a script the words of a check.
set -u
top=${AAS_TOP_SRCDIR:-$(dirname "$0")/..}
cd "$top" || exit 99
tab=$(printf '\t')
bad=0
cases=0

say()
{
	echo "tests/cases.txt: $1" >&2
	bad=1
}

while IFS=$tab read -r id what where more; do
	case $id in
	'#'*) continue ;;
	esac
	cases=$((cases + 1))
	if [ -z "$what" ] || [ -n "$more" ]; then
		say "$id: not three fields"
	fi
	case $where in
	"impossible: "?*) continue ;;
	tests/*:?*) ;;
	*)
		say "$id: neither a test nor why there is none"
		continue
		;;
	esac
	file=${where%%:*}
	name=${where#*:}
	if [ ! -e "$file" ]; then
		say "$id: no file $file"
		continue
	fi
	case $file in
	*.c)
		grep -q "^$name(" "$file" ||
		    say "$id: $file has no test $name"
		grep -w -- "$name" "$file" | grep -q "^[[:blank:]].*$name)" ||
		    say "$id: $file does not run $name"
		;;
	*)
		grep -qF -- "$name" "$file" ||
		    say "$id: $file does not say: $name"
		;;
	esac
done <tests/cases.txt
[ "$cases" -ge 100 ] || say "only $cases cases were found"
twice=$(sed 's/	.*//' tests/cases.txt | grep -v '^#' | sort | uniq -d)
[ -z "$twice" ] || say "twice: $twice"
exit $bad

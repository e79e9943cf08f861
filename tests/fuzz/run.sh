#!/bin/bash
# run.sh SRC BIN SECONDS [TARGET...]: run the fuzz targets in BIN, built by
# fuzz.mk, SECONDS each, two at a time, from the seeds of SRC.  What they find
# stays in BIN/found/; exit 1 if that is anything.
set -euo pipefail

src=$1
bin=$2
export seconds=$3
shift 3
export src bin

one()
{
	local name=$1 work=$bin/work.$1 log=$bin/$1.log

	mkdir -p "$work" "$bin/found" "$src/tests/fuzz/corpus/${name#fuzz_}"
	if "$bin/$name" -max_total_time="$seconds" -timeout=10 \
	    -rss_limit_mb=2048 -max_len=8192 -print_final_stats=1 -verbosity=1 \
	    -artifact_prefix="$bin/found/$name-" "$work" \
	    "$src/tests/fuzz/corpus/${name#fuzz_}" >"$log" 2>&1
	then
		printf '%-16s %10s runs  %5s features  clean\n' "$name" \
		    "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" \
		    "$(sed -n 's/.* ft: \([0-9]*\).*/\1/p' "$log" | tail -n 1)"
		return 0
	fi
	printf '%-16s FOUND SOMETHING:\n' "$name"
	tail -n 40 "$log"
	return 1
}

main()
{
	local -a targets=("$@")
	local file

	if [ ${#targets[@]} -eq 0 ]; then
		for file in "$src"/tests/fuzz/fuzz_*.c; do
			targets+=("$(basename "$file" .c)")
		done
	fi
	export -f one
	# shellcheck disable=SC2016 # it expands in the inner shell
	printf '%s\n' "${targets[@]}" |
	    xargs -P 2 -I{} bash -c 'one "$1"' one {}
}

main "$@"

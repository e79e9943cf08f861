#!/bin/sh
# What the built module shows and takes: a PAM module is a guest in sshd,
# login and sudo, and this is what a good guest never does.
set -u
top=${AAS_TOP_BUILDDIR:-.}
so=
for f in "$top/pam_aas/.libs/pam_aas.so" "$top/.libs/pam_aas.so"; do
	[ -e "$f" ] && so=$f
done
if [ -z "$so" ]; then
	echo "pam_aas.so is not built" >&2
	exit 77
fi
for tool in nm readelf objdump; do
	if ! command -v $tool >/dev/null; then
		echo "no $tool" >&2
		exit 77
	fi
done
undefined=$(nm -D --undefined-only "$so" | awk '{ sub(/@.*/, "", $2); print $2 }')
if nm "$so" | grep -qE '__(asan|ubsan|tsan|gcov)_'; then
	echo "built with a sanitizer or for coverage" >&2
	exit 77
fi
bad=0

# The lines of a text as words.
words()
{
	echo "$1" | tr '\n' ' '
}

say()
{
	echo "$so: $1" >&2
	bad=1
}

# Only the six entry points, and all of them.
want=$(printf 'pam_sm_%s\n' acct_mgmt authenticate chauthtok close_session \
    open_session setcred)
got=$(nm -D --defined-only "$so" | awk '{ print $3 }' | LC_ALL=C sort)
[ "$(words "$got")" = "$(words "$want")" ] || say "exports $(words "$got")"

# Calls that change the host, trust it, block it, or cannot be used safely.
# clone(2) is left to lib/spawn.c, which copies nothing of the host with it
# (H8: fork(2) would copy all of it).  F27: nobody makes a thread.  No handler,
# so CVE-2024-6387 has nothing to interrupt.  No shell and no environment:
# CVE-2021-3621, CVE-2026-44712, DUO-PSA-2017-002.
banned='system popen execve execl execlp execle execv execvp execvpe fexecve
strcpy strcat stpcpy sprintf vsprintf __sprintf_chk __vsprintf_chk
__strcpy_chk __strcat_chk gets getenv secure_getenv setenv putenv unsetenv
clearenv signal sigaction sigprocmask pthread_sigmask pthread_create
thrd_create getpwnam getpwuid getgrnam getgrgid getspnam getlogin localtime
gmtime ctime asctime strtok strerror rand random srand exit _exit _Exit abort
quick_exit atexit __assert_fail fork vfork daemon dlopen dlsym alarm
setitimer sleep chdir fchdir umask setlocale setuid seteuid setgid setegid
setgroups setreuid setresuid openlog closelog getaddrinfo gethostbyname
tmpnam mktemp longjmp __longjmp_chk'
for s in $undefined; do
	for b in $banned; do
		[ "$s" = "$b" ] && say "calls $s"
	done
done

# libpam and libc, nothing that a host would have to load more.
more=$(readelf -dW "$so" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' |
    grep -vxE 'libpam\.so\.0|libc\.so\.6')
[ -z "$more" ] || say "needs $(words "$more")"

# H1: libconfig ends the program where it cannot read; no symbol of it here,
# not even one that was linked in.
nm "$so" | grep -qE ' (lib)?config_|libconfig' && say "has libconfig in it"

# Bound at load, read-only after it, no executable stack, no text relocation.
readelf -dW "$so" | grep -q 'BIND_NOW' || say "is not BIND_NOW"
readelf -dW "$so" | grep -q 'TEXTREL' && say "has text relocations"
readelf -lW "$so" | grep -q 'GNU_RELRO' || say "has no RELRO"
readelf -lW "$so" | awk '$1 == "GNU_STACK" && /E/ && $7 ~ /E/ { f = 1 }
    END { exit !f }' && say "has an executable stack"
case " $(words "$undefined")" in
*" __stack_chk_fail "*) ;;
*) say "has no stack protector" ;;
esac

# No data that two threads of a host could share.  The log sink is the one
# exception, and no module sets it.
shared=$(objdump -t "$so" | awk '$3 == "O" && ($4 == ".data" || $4 == ".bss") ||
    $2 == "O" && ($3 == ".data" || $3 == ".bss") { print $NF }
    $4 == ".tbss" || $4 == ".tdata" { print $NF }' |
    grep -vxE 'sink|completed\.[0-9]+|__dso_handle|__TMC_END__')
[ -z "$shared" ] || say "has writable static data: $(words "$shared")"
exit $bad

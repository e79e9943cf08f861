#!/bin/bash
# host.sh: a private host, in which everything real runs.
#
#	host.sh run [--set SET] [--keys] [--systemd] CMD [ARG...]
#	host.sh clean
#
# A private host is an overlay of this machine's own / with its own mount,
# PID, network, UTS and IPC namespaces, its own /dev, /proc, /run, /tmp and
# /var/tmp, and no network but its loopback.  Missing packages are installed
# in a cached layer of that overlay, and all that a run writes goes to memory,
# so that the machine keeps its packages, /etc, users, /tmp and processes.
#
#	--set SET	packages of that set of tests/rig/packages too
#	--keys		software security keys can be plugged in (needs a build)
#	--systemd	CMD runs in a host that systemd booted (implies --keys)
#
# CMD runs as root with this source tree (a copy) as /src and a build folder
# that is kept as /build.  Its exit status is ours; 77 means that this machine
# cannot have a private host, and stderr says why.
#
# Must not: write outside $cache, start anything that outlives the run.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
cache=${AAS_CACHE:-$top/build/host}
mnt=$cache/mnt		# a tmpfs is mounted here, seen by the run alone
root=$mnt/root		# what becomes / of the private host
store=$mnt/store	# the file system that holds the layer of packages

say()
{
	printf 'host: %s\n' "$*" >&2
}

cannot()
{
	printf 'host: SKIP: no private host on this machine: %s\n' "$*" >&2
	exit 77
}

# --- on the machine ---------------------------------------------------------

check_machine()
{
	local tool

	[ "$(id -u)" -eq 0 ] || cannot "must be root"
	for tool in unshare mount pivot_root apt-get dpkg flock tar; do
		command -v "$tool" >/dev/null || cannot "no $tool"
	done
	grep -qw overlay /proc/filesystems || modprobe overlay 2>/dev/null ||
	    cannot "the kernel has no overlay file system"
	unshare --mount --propagation unchanged --pid --fork --net --uts \
	    --ipc true 2>/dev/null || cannot "namespaces are not allowed"
}

# The file names of the sources.  Without git: all but what a build makes.
list_sources()
{
	if [ -e "$top/.git" ] && command -v git >/dev/null; then
		# Root may read a tree that belongs to the user.
		git -c safe.directory="$top" -C "$top" ls-files -z \
		    --cached --others --exclude-standard |
		    (cd "$top" && xargs -0 -r ls -d 2>/dev/null)
	else
		(cd "$top" && find . \( -path ./build -o -path ./.git \
		    -o -name autom4te.cache -o -name .deps -o -name .libs \) \
		    -prune -o \( -type f -o -type l \) \
		    ! -name '*.o' ! -name '*.lo' ! -name '*.la' \
		    ! -name 'config.status' ! -name 'config.log' \
		    ! -name 'config.h' ! -path ./Makefile -printf '%P\n')
	fi | sort
}

# Bring $cache/src up to date: it keeps times, so that make rebuilds little,
# and loses what the tree has lost.
copy_sources()
{
	mkdir -p "$cache/src" "$cache/obj" "$mnt"
	list_sources >"$cache/src.new"
	if [ -f "$cache/src.list" ]; then
		comm -23 "$cache/src.list" "$cache/src.new" |
		    (cd "$cache/src" && xargs -r -d '\n' rm -f)
	fi
	tar -C "$top" -cf - -T "$cache/src.new" |
	    tar -C "$cache/src" -xf - --no-same-owner
	mv "$cache/src.new" "$cache/src.list"
}

packages_of()
{
	awk -v set="$1" '/^#/ { next } $1 == "host" || $1 == set { print $2 }' \
	    "$here/packages"
}

# layer_key SET: a layer fits as long as the machine below it and the wanted
# packages are the same; those of another set are not.
layer_key()
{
	{
		packages_of "$1"
		sed -n '/^Build-Depends/,/^Standards/p' "$top/debian/control"
		cat /var/lib/dpkg/status
	} | sha256sum | cut -c1-16
}

# enter STAGE ARG...: this script again, in new namespaces.  Without a network
# unless the stage is the one that installs.
enter()
{
	local net=--net

	[ "$1" != install ] || net=
	AAS_CACHE=$cache unshare --mount --propagation unchanged --pid --fork \
	    --kill-child ${net:+"$net"} --uts --ipc \
	    /bin/bash "$here/host.sh" --stage "$@"
}

# A host that boots keeps its books in cgroups.  Each run has its own, and
# takes what is left below away.
cgroup_dirs()
{
	local dir

	if [ -e /sys/fs/cgroup/cgroup.procs ]; then
		echo "/sys/fs/cgroup/aas-$$"	# one hierarchy
		return
	fi
	for dir in /sys/fs/cgroup/*; do
		# A new cpuset admits nobody until it is configured.
		if [ -w "$dir/cgroup.procs" ] && [ "${dir##*/}" != cpuset ]; then
			echo "$dir/aas-$$"
		fi
	done
}

# enter_grouped ARG...: enter run in cgroups of its own.
enter_grouped()
{
	local dir rc=0 dirs

	dirs=$(cgroup_dirs)
	trap : INT	# ^C ends the run, not the clearing up
	(
		for dir in $dirs; do
			mkdir -p "$dir"
			echo "$BASHPID" >"$dir/cgroup.procs"
		done
		enter run "$@"
	) || rc=$?
	for dir in $dirs; do
		find "$dir" -depth -type d -exec rmdir {} \; 2>/dev/null
	done
	return "$rc"
}

# need_layer SET KEY: install once; later runs find the layer.
need_layer()
{
	local dir=$cache/layer.$2 kind rc

	exec 8>"$cache/layer.lock"
	flock 8
	if [ ! -f "$dir/done" ]; then
		# Layers of other lists or of the machine as it was.
		find "$cache" -maxdepth 1 -name "layer.*.set-$1" |
		    while read -r old; do
			rm -rf "${old%.set-*}" "$old"
		done
		rm -rf "$dir"
		mkdir -p "$dir"
		: >"$dir.set-$1"
		for kind in dir loop; do
			rc=0
			echo "$kind" >"$dir/kind"
			say "installing what is missing in a layer ($kind)"
			enter install "$2" "$1" >"$cache/install.log" 2>&1 8>&- ||
			    rc=$?
			[ "$rc" -ne 0 ] || break
			[ "$rc" -eq 75 ] || break
		done
		[ "$rc" -ne 75 ] || cannot "no overlay here takes a layer"
		if [ "$rc" -ne 0 ]; then
			tail -n 30 "$cache/install.log" >&2
			say "packages could not be installed; all of it is in" \
			    "$cache/install.log"
			exit 1
		fi
		touch "$dir/done"
	fi
	exec 8>&-
}

# --- in the namespaces, still with the machine's / -------------------------

# From here on no mount of ours reaches the machine.  In a chroot / is no
# mount point; joining one's own namespace leads to its true root.
be_private()
{
	mount --make-rprivate / 2>/dev/null ||
	    nsenter --mount=/proc/self/ns/mnt mount --make-rprivate / ||
	    cannot "mounts cannot be made private"
	mount -t tmpfs tmpfs "$mnt"
}

# File systems of the machine that make up its system, / first.
system_mounts()
{
	local dir

	echo /
	for dir in /usr /usr/local /etc /opt /root /var /var/cache /var/lib; do
		if [ ! -L "$dir" ] && mountpoint -q "$dir"; then
			echo "$dir"
		fi
	done
}

name_of()
{
	printf 'm%s' "$1" | tr / -
}

# overlay TARGET UPPER LOWER: UPPER/up and UPPER/work are made.
# index=off: two runs may look at one layer at a time, neither writes to it.
overlay()
{
	mkdir -p "$1" "$2/up" "$2/work" || return 1
	chmod --reference="${3##*:}" "$2/up"
	mount -t overlay aas -o \
	    "index=off,lowerdir=$3,upperdir=$2/up,workdir=$2/work" "$1"
}

# Where the layer is kept: in a folder, or, where an overlay cannot write to
# that file system (itself an overlay, or a network's), in an image.
open_store()
{
	local dir=$cache/layer.$1

	mkdir -p "$store"
	if [ "$(cat "$dir/kind")" = dir ]; then
		mount --bind "$dir" "$store"
		return
	fi
	if [ ! -f "$dir/image" ]; then
		truncate -s 8G "$dir/image"
		mke2fs -q -t ext4 -O ^has_journal "$dir/image"
	fi
	mount -o loop,noatime "$dir/image" "$store"
}

# The root in which packages are installed: its writes are the layer.
mount_layer()
{
	local fs

	for fs in $(system_mounts); do
		overlay "$root$fs" "$store/$(name_of "$fs")" "$fs" || return 75
	done
}

# The root of a run: the layer below, memory above.  A layer in a folder of
# the machine's own / overlaps it as a second lower layer would, which the
# kernel refuses: there it is mounted in between.
mount_run()
{
	local fs name lower

	for fs in $(system_mounts); do
		name=$(name_of "$fs")
		if [ "$(cat "$cache/layer.$1/kind")" = dir ]; then
			lower=$mnt/below/$name
			overlay "$lower" "$store/$name" "$fs"
		else
			lower=$store/$name/up:$fs
		fi
		overlay "$root$fs" "$mnt/above/$name" "$lower"
	done
}

mount_dev()
{
	local dev

	mount -t tmpfs -o mode=755,nosuid tmpfs "$root/dev"
	mkdir "$root/dev/pts" "$root/dev/shm"
	for dev in null,3 zero,5 full,7 random,8 urandom,9; do
		mknod -m 666 "$root/dev/${dev%,*}" c 1 "${dev#*,}"
	done
	mknod -m 666 "$root/dev/tty" c 5 0
	mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 devpts \
	    "$root/dev/pts"
	ln -s pts/ptmx "$root/dev/ptmx"
	ln -s /proc/self/fd "$root/dev/fd"
	ln -s fd/0 "$root/dev/stdin"
	ln -s fd/1 "$root/dev/stdout"
	ln -s fd/2 "$root/dev/stderr"
	mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
}

mount_private()
{
	mount -t proc proc "$root/proc"
	mount -t sysfs -o ro sysfs "$root/sys" 2>/dev/null ||
	    mount --rbind /sys "$root/sys"
	mount_dev
	mount -t tmpfs -o mode=755 tmpfs "$root/run"
	mkdir -p "$root/run/lock" "$root/run/systemd"
	mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
	mount -t tmpfs -o mode=1777 tmpfs "$root/var/tmp"
	# What people of this machine keep is no business of a test.
	mount -t tmpfs -o mode=755 tmpfs "$root/home"
	mount -t tmpfs -o mode=700 tmpfs "$root/root"
	mkdir -p "$root/src" "$root/build"
	mount --bind "$cache/src" "$root/src"
	mount --bind "$cache/obj" "$root/build"
}

# Names must be found while packages are fetched: /etc/resolv.conf may be a
# link into /run or a mount of its own, neither of which the overlay has.
keep_resolver()
{
	local file=$root/etc/resolv.conf

	if [ -r /etc/resolv.conf ]; then
		rm -f "$file"
		cat /etc/resolv.conf >"$file"
	fi
}

# leave_machine CMD...: in the private root from now on.  Only from the true
# root can one pivot away, and hidsup knows the keys by paths below it.
leave_machine()
{
	cd "$root"
	if pivot_root . . 2>/dev/null; then
		umount -l .
	else
		nsenter --mount=/proc/self/ns/mnt --wd=. \
		    /bin/sh -c 'pivot_root . . && umount -l .' ||
		    say "in a chroot: stock programs may not see keys"
	fi
	exec chroot . "$@"
}

install_packages()
{
	local -a apt=(apt-get -q -y --no-install-recommends
	    -o Dpkg::Use-Pty=0 -o DPkg::Options::=--force-unsafe-io
	    -o DPkg::Options::=--force-confold)
	local -a wanted

	export DEBIAN_FRONTEND=noninteractive LC_ALL=C
	mapfile -t wanted < <(packages_of "$1")
	printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
	chmod 755 /usr/sbin/policy-rc.d
	# The lists at hand may be too old, or none: then fetch them and retry.
	if ! "${apt[@]}" build-dep /src ||
	    ! "${apt[@]}" install "${wanted[@]}"; then
		apt-get -q update
		"${apt[@]}" build-dep /src
		"${apt[@]}" install "${wanted[@]}"
	fi
	apt-get clean
}

stage_install()
{
	be_private
	open_store "$1" || exit 75
	mount_layer || exit 75
	mount_private
	keep_resolver
	leave_machine /bin/bash /src/tests/rig/host.sh --stage packages "$2"
}

stage_run()
{
	local key=$1 mode=$2

	shift 2
	be_private
	open_store "$key"
	mount_run "$key"
	mount_private
	if [ "$mode" != plain ]; then
		mount --rbind /sys/fs/cgroup "$root/sys/fs/cgroup"
	fi
	leave_machine /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
	    TERM="${TERM:-dumb}" /bin/bash /src/tests/rig/init.sh "$mode" "$@"
}

# --- commands ---------------------------------------------------------------

cmd_run()
{
	local set=host mode=plain key

	while [ $# -gt 0 ]; do
		case $1 in
		--set)		set=$2; shift ;;
		--keys)		[ "$mode" = systemd ] || mode=keys ;;
		--systemd)	mode=systemd ;;
		--)		shift; break ;;
		*)		break ;;
		esac
		shift
	done
	check_machine
	mkdir -p "$cache"
	copy_sources
	key=$(layer_key "$set")
	need_layer "$set" "$key"
	if [ "$mode" = plain ]; then
		enter run "$key" "$mode" "$@"
	else
		enter_grouped "$key" "$mode" "$@"
	fi
}

cmd_stage()
{
	local stage=$1

	shift
	case $stage in
	install)	stage_install "$@" ;;
	packages)	install_packages "$@" ;;
	run)		stage_run "$@" ;;
	esac
}

main()
{
	local verb=${1:-}

	[ $# -eq 0 ] || shift
	case $verb in
	--stage)	cmd_stage "$@" ;;
	run)		cmd_run "$@" ;;
	clean)		rm -rf "$cache" ;;
	*)		sed -n '4,5s/^#\t//p' "$0" >&2; exit 2 ;;
	esac
}

main "$@"
exit

/*
 * The entries of software keys in /sys and /dev, as the kernel's hid-generic
 * and hidraw drivers show a USB FIDO key, for libudev and for programs that
 * read sysfs themselves.
 *
 * It MUST be run in a mount namespace and with a /dev of its own: it covers
 * /sys/class/hidraw for all who share them.
 */
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/rig/hidraw.h"
#include "tests/rig/softkeyd.h"

#define CLASS    "/sys/class/hidraw"
#define PATH_LEN 256

/* Directories of /sys/devices that are dispensable; one is covered. */
static const char *const corners[] = { "/sys/devices/breakpoint",
	"/sys/devices/tracepoint", "/sys/devices/software",
	"/sys/devices/uprobe", NULL };
static const char *corner;

int
softkeyd_sysfs_mount(void)
{
	for (const char *const *c = corners; *c != NULL; c++) {
		if (access(*c, F_OK) == -1)
			continue;
		corner = *c;
		if (mount("softkeyd", corner, "tmpfs", 0, "mode=755") == -1)
			return -1;
		if (mount("softkeyd", CLASS, "tmpfs", 0, "mode=755") == 0)
			return 0;
		(void)umount2(corner, MNT_DETACH);
		return -1;
	}
	errno = ENOENT;
	return -1;
}

void
softkeyd_sysfs_umount(void)
{
	(void)umount2(CLASS, MNT_DETACH);
	(void)umount2(corner, MNT_DETACH);
}

static int
put_file(const char *dir, const char *name, const void *data, size_t n)
{
	char path[PATH_LEN * 2];
	int fd, r = -1;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0444);
	if (fd == -1)
		return -1;
	if (write(fd, data, n) == (ssize_t)n && fchmod(fd, 0444) == 0)
		r = 0;
	(void)close(fd);
	return r;
}

static int
put_text(const char *dir, const char *name, const char *text)
{
	return put_file(dir, name, text, strlen(text));
}

static int
put_link(const char *dir, const char *name, const char *target)
{
	char path[PATH_LEN * 2];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return symlink(target, path);
}

static int
make_dir(const char *path)
{
	return mkdir(path, 0755) == 0 || errno == EEXIST ? 0 : -1;
}

/* The five directories of a key, outermost first. */
struct dirs {
	char bus[PATH_LEN];
	char usb[PATH_LEN];
	char interface[PATH_LEN];
	char hid[PATH_LEN];
	char class[PATH_LEN];
	char hidraw[PATH_LEN];
};

static void
name_dirs(const struct softkey *sk, struct dirs *d)
{
	const int port = sk->number + 1;

	(void)snprintf(d->bus, PATH_LEN, "%s/usb1", corner);
	(void)snprintf(d->usb, PATH_LEN, "%.64s/1-%d", d->bus, port);
	(void)snprintf(d->interface, PATH_LEN, "%.80s/1-%d:1.0", d->usb, port);
	(void)snprintf(d->hid, PATH_LEN, "%.96s/0003:%04X:%04X.%04X",
	    d->interface, RIG_VENDOR, RIG_PRODUCT, sk->instance);
	(void)snprintf(d->class, PATH_LEN, "%.128s/hidraw", d->hid);
	(void)snprintf(
	    d->hidraw, PATH_LEN, "%.160s/hidraw%d", d->class, sk->number);
}

static int
add_usb(const struct softkey *sk, const struct dirs *d)
{
	char text[PATH_LEN];

	if (make_dir(d->bus) != 0 || make_dir(d->usb) != 0 ||
	    make_dir(d->interface) != 0)
		return -1;
	(void)snprintf(text, sizeof(text),
	    "DEVTYPE=usb_device\nDRIVER=usb\nPRODUCT=%x/%x/100\n", RIG_VENDOR,
	    RIG_PRODUCT);
	if (put_text(d->usb, "uevent", text) != 0 ||
	    put_link(d->usb, "subsystem", "/sys/bus/usb") != 0 ||
	    put_text(d->usb, "manufacturer", "Rig\n") != 0)
		return -1;
	(void)snprintf(text, sizeof(text), "Software Key %s\n", sk->name);
	if (put_text(d->usb, "product", text) != 0)
		return -1;
	(void)snprintf(text, sizeof(text), "%s\n", sk->name);
	if (put_text(d->usb, "serial", text) != 0)
		return -1;
	(void)snprintf(text, sizeof(text), "%04x\n", RIG_VENDOR);
	if (put_text(d->usb, "idVendor", text) != 0)
		return -1;
	(void)snprintf(text, sizeof(text), "%04x\n", RIG_PRODUCT);
	if (put_text(d->usb, "idProduct", text) != 0 ||
	    put_text(d->interface, "uevent",
		"DEVTYPE=usb_interface\nDRIVER=usbhid\n") != 0)
		return -1;
	return put_link(d->interface, "subsystem", "/sys/bus/usb");
}

static int
add_hid(const struct softkey *sk, const struct dirs *d)
{
	char text[PATH_LEN];
	struct stat st;

	(void)snprintf(text, sizeof(text),
	    "DRIVER=hid-generic\nHID_ID=0003:%08X:%08X\nHID_NAME=" RIG_TITLE
	    "\nHID_PHYS=usb-rig-%d/input0\nHID_UNIQ=%s\n",
	    RIG_VENDOR, RIG_PRODUCT, sk->number + 1, sk->name);
	if (fstat(sk->slave, &st) == -1 || make_dir(d->hid) != 0 ||
	    put_text(d->hid, "uevent", text) != 0 ||
	    put_link(d->hid, "subsystem", "/sys/bus/hid") != 0 ||
	    put_file(d->hid, "report_descriptor", rig_report_descriptor,
		sizeof(rig_report_descriptor)) != 0 ||
	    make_dir(d->class) != 0 || make_dir(d->hidraw) != 0)
		return -1;
	(void)snprintf(text, sizeof(text), "%u:%u\n", major(st.st_rdev),
	    minor(st.st_rdev));
	if (put_text(d->hidraw, "dev", text) != 0 ||
	    put_link(d->hidraw, "subsystem", CLASS) != 0 ||
	    put_link(d->hidraw, "device", "../..") != 0)
		return -1;
	(void)snprintf(text, sizeof(text),
	    "MAJOR=%u\nMINOR=%u\nDEVNAME=hidraw%d\n", major(st.st_rdev),
	    minor(st.st_rdev), sk->number);
	return put_text(d->hidraw, "uevent", text);
}

static int
add_node(const struct softkey *sk, bool bind_node)
{
	char node[32];
	int fd;

	(void)snprintf(node, sizeof(node), "/dev/hidraw%d", sk->number);
	if (!bind_node)
		return symlink(sk->pts, node);
	if ((fd = open(node, O_WRONLY | O_CREAT | O_EXCL, 0600)) == -1)
		return -1;
	(void)close(fd);
	return mount(sk->pts, node, NULL, MS_BIND, NULL);
}

int
softkeyd_sysfs_add(const struct softkey *sk, bool bind_node)
{
	struct dirs d;
	char name[32], target[PATH_LEN + 8];

	name_dirs(sk, &d);
	(void)snprintf(name, sizeof(name), "hidraw%d", sk->number);
	(void)snprintf(
	    target, sizeof(target), "../../%s", d.hidraw + strlen("/sys/"));
	/* The class entry last: whoever sees it finds all the rest. */
	if (add_usb(sk, &d) == 0 && add_hid(sk, &d) == 0 &&
	    add_node(sk, bind_node) == 0 && put_link(CLASS, name, target) == 0)
		return 0;
	softkeyd_sysfs_remove(sk, bind_node);
	return -1;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	(void)remove(path);
	return 0;
}

void
softkeyd_sysfs_remove(const struct softkey *sk, bool bind_node)
{
	char path[PATH_LEN];
	struct dirs d;

	name_dirs(sk, &d);
	(void)snprintf(path, sizeof(path), CLASS "/hidraw%d", sk->number);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "/dev/hidraw%d", sk->number);
	if (bind_node)
		(void)umount2(path, MNT_DETACH);
	(void)unlink(path);
	(void)nftw(d.usb, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

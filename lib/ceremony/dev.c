/*
 * The list of security keys, from sysfs.  Runs in the half that verifies, so:
 *
 * 1. It MUST NOT read from a device, only ask the kernel about it.
 * 2. A node that became another device since it was listed MUST NOT be used:
 *    the PIN typed for one key would go to another.
 */
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/hidraw.h>

#include "lib/ceremony/dev.h"
#include "lib/err.h"
#include "lib/fs.h"

/* Usage Page (0xF1D0), the first item of every FIDO report descriptor. */
static const uint8_t fido_page[] = { 0x06, 0xd0, 0xf1 };

/* "hidraw" and a short number, nothing else. */
static int
name_ok(const char *name)
{
	size_t n;

	if (strncmp(name, "hidraw", 6) != 0)
		return 0;
	n = strspn(name + 6, "0123456789");
	return n > 0 && n <= 6 && name[6 + n] == '\0';
}

/* 1: a security key, 0: not, -1: sysfs does not say. */
static int
described(int dirfd, const char *name)
{
	char path[64];
	uint8_t b[sizeof(fido_page)];
	ssize_t got;
	int fd;

	(void)snprintf(
	    path, sizeof(path), "%.20s/device/report_descriptor", name);
	if ((fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC)) == -1)
		return -1;
	got = read(fd, b, sizeof(b));
	(void)close(fd);
	return got == (ssize_t)sizeof(b) &&
	    memcmp(b, fido_page, sizeof(b)) == 0;
}

static int
identify(int dirfd, const char *name, struct aas_dev *dev)
{
	struct stat st;
	ssize_t n;

	memset(dev, 0, sizeof(*dev));
	if (fstatat(dirfd, name, &st, 0) == -1)
		return AAS_ERR_NOTFOUND;
	dev->ino = (uint64_t)st.st_ino;
	(void)snprintf(dev->node, sizeof(dev->node), "%.20s", name);
	n = readlinkat(dirfd, name, dev->link, sizeof(dev->link) - 1);
	if (n < 0)
		n = 0;
	dev->link[n] = '\0';
	return AAS_OK;
}

static int
by_name(const void *a, const void *b)
{
	const struct aas_dev *x = a, *y = b;
	size_t nx = strlen(x->node), ny = strlen(y->node);

	if (nx != ny)
		return nx < ny ? -1 : 1;
	return strcmp(x->node, y->node);
}

int
aas_dev_list(const char *sysdir, struct aas_dev devs[AAS_DEV_MAX], size_t *n)
{
	struct dirent *e;
	size_t got = 0;
	DIR *d;

	if ((d = opendir(sysdir)) == NULL) {
		if (errno != ENOENT && errno != ENOTDIR)
			return AAS_ERR_SYS;
		*n = 0;
		return AAS_OK;
	}
	while (got < AAS_DEV_MAX && (e = readdir(d)) != NULL) {
		if (!name_ok(e->d_name) || described(dirfd(d), e->d_name) == 0)
			continue;
		if (identify(dirfd(d), e->d_name, &devs[got]) == AAS_OK)
			got++;
	}
	(void)closedir(d);
	qsort(devs, got, sizeof(devs[0]), by_name);
	*n = got;
	return AAS_OK;
}

int
aas_dev_same(const struct aas_dev *a, const struct aas_dev *b)
{
	return strcmp(a->node, b->node) == 0 && a->ino == b->ino &&
	    strcmp(a->link, b->link) == 0;
}

static int
is_key(int fd)
{
	struct hidraw_report_descriptor desc;
	int size = 0;

	if (ioctl(fd, HIDIOCGRDESCSIZE, &size) == -1 ||
	    size < (int)sizeof(fido_page) || size > HID_MAX_DESCRIPTOR_SIZE)
		return 0;
	memset(&desc, 0, sizeof(desc));
	desc.size = (unsigned)size;
	if (ioctl(fd, HIDIOCGRDESC, &desc) == -1)
		return 0;
	return memcmp(desc.value, fido_page, sizeof(fido_page)) == 0;
}

int
aas_dev_open(
    const char *sysdir, const char *devdir, const struct aas_dev *dev, int *fd)
{
	struct aas_dev now;
	char path[128];
	int dir, f, r;

	(void)snprintf(path, sizeof(path), "%s/%s", devdir, dev->node);
	/* A terminal among them must not become ours, nor one block us. */
	f = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (f == -1)
		return errno == EACCES || errno == EPERM ? AAS_ERR_PERMS
							 : AAS_ERR_NOTFOUND;
	if ((f = aas_fs_high(f)) == -1)
		return AAS_ERR_SYS;
	r = AAS_ERR_NOTFOUND;
	dir = open(sysdir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir == -1 || identify(dir, dev->node, &now) != AAS_OK ||
	    !aas_dev_same(dev, &now))
		goto out;
	r = AAS_ERR_FORMAT;
	if (!is_key(f))
		goto out;
	r = AAS_ERR_AGAIN;
	if (flock(f, LOCK_EX | LOCK_NB) == -1 && errno == EWOULDBLOCK)
		goto out;
	r = AAS_ERR_SYS;
	if (fcntl(f, F_SETFL, O_RDWR) == -1)
		goto out;
	*fd = f;
	f = -1;
	r = AAS_OK;
out:
	aas_close(&dir);
	aas_close(&f);
	return r;
}

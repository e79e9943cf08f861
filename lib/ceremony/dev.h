#ifndef AAS_LIB_CEREMONY_DEV_H
#define AAS_LIB_CEREMONY_DEV_H

#include <stddef.h>
#include <stdint.h>

/*
 * Which security keys are plugged in.  The list comes from sysfs, without
 * udev: 4 times a second is cheap, and a key plugged in later is seen.
 */
#define AAS_DEV_MAX 16

struct aas_dev {
	char node[24]; /* "hidraw3" */
	/* What tells one plugging from the next: names are used again. */
	uint64_t ino;
	char link[160]; /* where sysfs says it hangs, "" if not a link */
};

/* Where to look; the defaults are AAS_DEV_SYS and AAS_DEV_DEV. */
#define AAS_DEV_SYS "/sys/class/hidraw"
#define AAS_DEV_DEV "/dev"

/*
 * aas_dev_list(sysdir, devs, &n):
 * Fill ${devs} (room for AAS_DEV_MAX) with the HID devices below ${sysdir}
 * whose report descriptor names FIDO's usage page 0xF1D0, in order of their
 * names; where sysfs shows no descriptor, with those that aas_dev_open() must
 * ask.  No such directory is an empty list.  Returns 0, AAS_ERR_SYS.
 */
int aas_dev_list(
    const char *sysdir, struct aas_dev devs[AAS_DEV_MAX], size_t *n);

/*
 * aas_dev_open(sysdir, devdir, dev, &fd):
 * Open the very device that was listed, read-write, check by ioctl that it
 * speaks for usage page 0xF1D0, and take flock(2) on it without waiting, as
 * libfido2 programs do.
 * Returns 0; AAS_ERR_NOTFOUND (gone, or another one by now), AAS_ERR_FORMAT
 * (no security key), AAS_ERR_AGAIN (another program has it), AAS_ERR_PERMS,
 * AAS_ERR_SYS.
 */
int aas_dev_open(
    const char *sysdir, const char *devdir, const struct aas_dev *dev, int *fd);

/* aas_dev_same(a, b): 1 if it is one and the same plugging. */
int aas_dev_same(const struct aas_dev *a, const struct aas_dev *b);

#endif

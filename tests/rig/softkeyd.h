/*
 * Inside of softkeyd: software keys that any process below hidsup sees as
 * /dev/hidrawN.  A key that is known keeps its state in a file; while it is
 * plugged in it also has a pty and entries in /sys and /dev.
 */
#ifndef RIG_SOFTKEYD_H
#define RIG_SOFTKEYD_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/rig/authenticator.h"
#include "tests/rig/ctaphid.h"

#define SOFTKEY_MAX    256
#define SOFTKEY_QUEUE  (CTAPHID_REPORT * 160) /* longer than any message */
#define SOFTKEY_SOCKET "/run/softkeyd.sock"
#define SOFTKEY_STATE  "/run/softkeyd"
#define SOFTKEY_LINE   512

struct softkey {
	char name[RIG_NAME_MAX + 1];
	struct rig_key *key; /* NULL: the slot is free */
	int number;          /* of hidrawN; -1: not plugged in */
	unsigned instance;   /* of HID devices, new at each plugging in */
	int master;
	int slave;
	pid_t keeper;
	char pts[32];
	struct ctaphid hid;
	uint8_t in[CTAPHID_REPORT + 1];
	size_t in_n;
	int64_t in_ms;
	uint8_t out[SOFTKEY_QUEUE];
	size_t out_n;
};

struct softkeyd {
	struct softkey *keys[SOFTKEY_MAX];
	int statefd;
	unsigned instances; /* plugged in so far */
	bool bind;          /* /dev/hidrawN is bind-mounted, not a link */
	bool quit;
};

int64_t softkeyd_now_ms(void);

/*
 * softkeyd_port.c: the pty of a key.  open: 0 or -1 with errno; close: as
 * pulling out, whoever has it open gets a hangup; read and write: move what
 * can be moved without waiting.
 */
int softkey_port_open(struct softkey *sk, uid_t uid, gid_t gid, mode_t mode);
void softkey_port_close(struct softkey *sk);
void softkey_port_read(struct softkey *sk);
void softkey_port_write(struct softkey *sk);

/*
 * softkeyd_sysfs.c: what a kernel would show.  mount: lay empty tmpfs over
 * /sys/class/hidraw and an unused corner of /sys/devices, in the mount
 * namespace of the caller; add and remove: the entries of one key.  All
 * return 0, or -1 with errno.
 */
int softkeyd_sysfs_mount(void);
void softkeyd_sysfs_umount(void);
int softkeyd_sysfs_add(const struct softkey *sk, bool bind_node);
void softkeyd_sysfs_remove(const struct softkey *sk, bool bind_node);

/*
 * softkeyd_cmd(d, line, reply, size):
 * Obey one command and write its reply, one line without '\n'.  The words of
 * ${line} are cut apart in place.
 */
void softkeyd_cmd(struct softkeyd *d, char *line, char *reply, size_t size);
struct softkey *softkeyd_find(struct softkeyd *d, const char *name);
void softkeyd_unplug(struct softkeyd *d, struct softkey *sk);

#endif

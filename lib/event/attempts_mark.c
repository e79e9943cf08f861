/*
 * When something was told last, beside the counters of attempts.
 *
 * Nobody MUST be waited for, and what cannot be known MUST be told.
 */
#include <sys/syscall.h>

#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/event/attempts_slot.h"
#include "lib/event/spool.h"
#include "lib/fs.h"

#define SLACK 60 /* seconds by which a clock may go back */

/* In its bucket, which is locked. */
static int
mark(int fd, off_t at, uint64_t key, int64_t real_s, int64_t every_s, int set)
{
	struct att_mark m[ATT_MARKS_IN];
	off_t here = at;
	int use = 0;

	if (att_read(fd, at, m, sizeof(m)) != AAS_OK)
		return 1;
	for (int i = 0; i < ATT_MARKS_IN; i++) {
		here = at + i * (off_t)sizeof(m[0]);
		if (!att_good(&m[i], sizeof(m[i]), here))
			memset(&m[i], 0, sizeof(m[i]));
		if (m[i].key == key && m[i].when_s != 0) {
			if (m[i].when_s <= real_s + SLACK &&
			    real_s < m[i].when_s + every_s)
				return 0;
			use = i;
			break;
		}
		if (m[i].when_s < m[use].when_s)
			use = i;
	}
	if (!set)
		return 1;
	here = at + use * (off_t)sizeof(m[0]);
	memset(&m[use], 0, sizeof(m[use]));
	m[use].key = key;
	m[use].when_s = real_s;
	att_seal(&m[use], sizeof(m[use]), here);
	(void)att_write(fd, here, &m[use], sizeof(m[use]));
	return 1;
}

static int
ask(const char *spooldir, struct aas_fs_seen *seen, uint32_t uid,
    const char *what, const char *more, int64_t real_s, int64_t every_s,
    int set)
{
	uint64_t key = att_mix_text(att_mix_text(att_mix(11, uid), what), more);
	const off_t len = ATT_MARKS_IN * (off_t)sizeof(struct att_mark);
	const off_t at = ATT_MARKS_AT + (off_t)(key % ATT_MARKS) * len;
	int fd = -1, due = 1;

	if (att_open(spooldir, seen, 1, &fd) != AAS_OK)
		return 1;
	for (int n = 0; n < ATT_ROUNDS; n++) {
		int r = aas_spool_lock(fd, at, len, 1);

		if (r == AAS_OK) {
			due = mark(fd, at, key, real_s, every_s, set);
			(void)aas_spool_lock(fd, at, len, 0);
		}
		if (r != AAS_ERR_AGAIN)
			break;
		(void)syscall(SYS_sched_yield);
	}
	aas_close(&fd);
	return due;
}

int
aas_attempts_once(const char *spooldir, struct aas_fs_seen *seen, uint32_t uid,
    const char *what, const char *more, int64_t real_s, int64_t every_s)
{
	return ask(spooldir, seen, uid, what, more, real_s, every_s, 1);
}

int
aas_attempts_due(const char *spooldir, struct aas_fs_seen *seen, uint32_t uid,
    const char *what, const char *more, int64_t real_s, int64_t every_s)
{
	return ask(spooldir, seen, uid, what, more, real_s, every_s, 0);
}

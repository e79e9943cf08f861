/*
 * lookup: how long the account phase's question "what has this user enrolled"
 * takes among few users and among many.
 *
 *	lookup make DIR USERS FULL	a state directory: of USERS users FULL
 *					are whole, evenly spread, of the others
 *					only names of files exist
 *	lookup time DIR USERS FULL ROUNDS	"ns PER-LOOK-UP", the median of
 *					ROUNDS over all the whole ones
 */
#include <sys/stat.h>

#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/record/index.h"

#define FIRST_UID 100000

static const char *const kinds[] = { "records", "index", "pins" };
static int dirs[3];

static void
open_dirs(const char *top)
{
	char path[4096];
	int i;

	(void)mkdir(top, 0755);
	for (i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", top, kinds[i]);
		(void)mkdir(path, 0750);
		if ((dirs[i] = open(path, O_RDONLY | O_DIRECTORY)) == -1)
			err(1, "%s", path);
	}
}

static int
put(int dir, const char *name, const void *p, size_t len)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL, 0640);

	if (fd == -1 || write(fd, p, len) != (ssize_t)len)
		err(1, "%s", name);
	return fd;
}

/* A record of a usual size, and what its owner's host derived from it. */
static void
whole(unsigned long uid)
{
	static char record[2500];
	static struct aas_index ix;
	static uint8_t buf[AAS_INDEX_MAX];
	struct aas_pin none;
	struct stat st;
	char name[32];
	size_t len = 0;
	int fd;

	snprintf(name, sizeof(name), "%lu", uid);
	memset(&none, 0, sizeof(none));
	memset(&ix, 0, sizeof(ix));
	fd = put(dirs[0], name, record, sizeof(record));
	if (fstat(fd, &st) == -1)
		err(1, "fstat");
	close(fd);
	ix.uid = (uint32_t)uid;
	snprintf(ix.user, sizeof(ix.user), "u%lu", uid);
	snprintf(ix.realm, sizeof(ix.realm), "bench.test");
	ix.state = AAS_ST_ENROLLED;
	ix.pin.seq = 1;
	memset(ix.pin.genesis, 1, sizeof(ix.pin.genesis));
	memset(ix.pin.head, 1, sizeof(ix.pin.head));
	ix.keys_n = 2;
	aas_fileid_of(&st, &ix.file);
	if (aas_pin_put(&ix.pin, &none, buf, sizeof(buf), &len) != 0)
		errx(1, "pin");
	fd = put(dirs[2], name, buf, len);
	if (fstat(fd, &st) == -1)
		err(1, "fstat");
	close(fd);
	aas_fileid_of(&st, &ix.pinfile);
	if (aas_index_put(&ix, NULL, buf, sizeof(buf), &len) != 0)
		errx(1, "index");
	close(put(dirs[1], name, buf, len));
}

static void
make(unsigned long users, unsigned long full)
{
	unsigned long i, step = users / full;
	char name[32];
	int k;

	for (i = 0; i < users; i++) {
		if (i % step == 0) {
			whole(FIRST_UID + i);
			continue;
		}
		snprintf(name, sizeof(name), "%lu", FIRST_UID + i);
		for (k = 0; k < 3; k++)
			if (mknodat(dirs[k], name, S_IFREG | 0640, 0) == -1)
				err(1, "%s", name);
	}
}

static double
now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static double
one_round(const char *top, unsigned long users, unsigned long full)
{
	static struct aas_index ix;
	unsigned long i, uid, step = users / full;
	double start = now_ns();
	char name[32];
	int r;

	for (i = 0; i < full; i++) {
		/* 7919 is prime to any round number: not in order. */
		uid = FIRST_UID + (i * 7919 % full) * step;
		snprintf(name, sizeof(name), "u%lu", uid);
		r = aas_index_load(top, (uint32_t)uid, name, 0, &ix);
		if (r != AAS_OK || ix.state != AAS_ST_ENROLLED)
			errx(1, "%s: %s", name, aas_strerror(r));
	}
	return (now_ns() - start) / (double)full;
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

int
main(int argc, char **argv)
{
	unsigned long users, full, rounds, i;
	double t[1000];

	if (argc < 5)
		errx(2, "usage: lookup make|time DIR USERS FULL [ROUNDS]");
	users = strtoul(argv[3], NULL, 10);
	full = strtoul(argv[4], NULL, 10);
	if (full == 0 || users < full)
		errx(2, "USERS must not be less than FULL");
	if (strcmp(argv[1], "make") == 0) {
		open_dirs(argv[2]);
		make(users, full);
		return 0;
	}
	rounds = argc > 5 ? strtoul(argv[5], NULL, 10) : 21;
	if (rounds == 0 || rounds > 1000)
		errx(2, "1 to 1000 ROUNDS");
	for (i = 0; i < rounds; i++)
		t[i] = one_round(argv[2], users, full);
	qsort(t, rounds, sizeof(t[0]), by_size);
	printf("ns %.0f\n", t[rounds / 2]);
	return 0;
}

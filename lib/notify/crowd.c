/*
 * How many processes of the user that channels run as are there already.
 * sendmail may leave some behind: Exim's delivers what it took, dma's tries
 * for days while no server takes it.  They are the same user.
 *
 * 1. A process MUST be counted as the kernel counts it: by its real uid, also
 *    where it was set-group-ID and /proc shows it as root's.
 * 2. It MUST NOT take longer the more alerts there are: /proc is looked at
 *    once a second, and after a few sendmails.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/fs.h"
#include "lib/notify/crowd.h"

#define FRESH_MS   1000
#define JOINED_MAX 4
#define TEXT_MAX   4096

/* The number behind that name, at the begin of a line. */
static int
field(const char *text, const char *name, unsigned long *v)
{
	const char *at = strstr(text, name);
	char *end = NULL;

	if (at == NULL)
		return AAS_ERR_FORMAT;
	at += strlen(name);
	*v = strtoul(at, &end, 10);
	return end != at ? AAS_OK : AAS_ERR_FORMAT;
}

/* Its threads, if it is that user's; one that has ended counts still. */
static size_t
threads(const char *pid, uid_t uid)
{
	char path[64], text[TEXT_MAX];
	unsigned long who = 0, n = 0;
	size_t len = 0;

	if (snprintf(path, sizeof(path), "/proc/%s/status", pid) >=
		(int)sizeof(path) ||
	    aas_fs_kernel(path, text, TEXT_MAX, &len) != AAS_OK)
		return 0;
	/* The name of a program has no line end that is not escaped. */
	if (field(text, "\nUid:\t", &who) != AAS_OK || who != uid)
		return 0;
	return field(text, "\nThreads:\t", &n) == AAS_OK && n > 0 ? n : 1;
}

int
aas_crowd_count(uid_t uid, size_t *n)
{
	DIR *d = opendir("/proc");
	const struct dirent *e = NULL;
	size_t got = 0;

	if (d == NULL)
		return AAS_ERR_SYS;
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] >= '1' && e->d_name[0] <= '9')
			got += threads(e->d_name, uid);
	(void)closedir(d);
	*n = got;
	return AAS_OK;
}

static int64_t looked_ms = -FRESH_MS;
static size_t last, joined;

size_t
aas_crowd(uid_t uid)
{
	int64_t now_ms = aas_clock_ms();

	if (now_ms - looked_ms >= FRESH_MS || joined >= JOINED_MAX) {
		if (aas_crowd_count(uid, &last) != AAS_OK)
			last = 0;
		looked_ms = now_ms;
		joined = 0;
	}
	return last;
}

void
aas_crowd_joined(void)
{
	joined++;
}

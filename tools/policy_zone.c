/*
 * A time zone to steps of UTC offsets, so that nobody who decides needs one.
 *
 * 1. The environment MUST NOT choose the zone: TZ is set here, for as long as
 *    it takes, to an absolute file.
 * 2. A zone that does not exist MUST be an error: libc takes UTC for it.
 */
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/err.h"
#include "tools/policy_build.h"

#define ZONES     "/usr/share/zoneinfo/"
#define LOCALTIME "/etc/localtime"
#define LAST_S    INT64_C(4102444800) /* 2100-01-01T00:00:00Z */
#define STRIDE_S  21600 /* no zone changes twice within six hours */
#define STEPS_MAX 4096u

/* 1: a file of zones; 0: not there; or an enum aas_err. */
static int
is_zone(const char *path)
{
	char magic[4] = "";
	struct stat st;
	FILE *f = NULL;
	int r = AAS_ERR_FORMAT;

	if (stat(path, &st) == -1)
		return errno == ENOENT || errno == ENOTDIR ? 0 : AAS_ERR_SYS;
	if (!S_ISREG(st.st_mode))
		return 0;
	if ((f = fopen(path, "re")) == NULL)
		return AAS_ERR_SYS;
	if (fread(magic, 1, sizeof(magic), f) == sizeof(magic) &&
	    memcmp(magic, "TZif", 4) == 0)
		r = 1;
	(void)fclose(f);
	return r;
}

static int32_t
offset_at(int64_t s)
{
	time_t t = (time_t)s;
	struct tm tm;

	if (localtime_r(&t, &tm) == NULL)
		return 0;
	return (int32_t)tm.tm_gmtoff;
}

/* The first second of (before, at] with the offset of at. */
static int64_t
bisect(int64_t before, int64_t at)
{
	int32_t want = offset_at(at);

	while (at - before > 1) {
		int64_t mid = before + (at - before) / 2;

		if (offset_at(mid) == want)
			at = mid;
		else
			before = mid;
	}
	return at;
}

static int
walk(struct aas_zone_step **steps, size_t *n)
{
	struct aas_zone_step *v = calloc(STEPS_MAX, sizeof(*v));
	size_t k = 0;

	if (v == NULL)
		return AAS_ERR_NOMEM;
	v[k].at_s = 0;
	v[k++].offset_s = offset_at(0);
	for (int64_t s = STRIDE_S; s <= LAST_S && k < STEPS_MAX;
	     s += STRIDE_S) {
		int32_t offset = offset_at(s);

		if (offset == v[k - 1].offset_s)
			continue;
		v[k].at_s = bisect(s - STRIDE_S, s);
		v[k++].offset_s = offset;
	}
	*steps = v;
	*n = k;
	return AAS_OK;
}

/* TZ for the time of walk(); the caller's comes back. */
static int
walk_in(const char *path, struct aas_zone_step **steps, size_t *n)
{
	char tz[PATH_MAX + 1];
	char *old = NULL;
	int had = 0;
	int r = AAS_ERR_SYS;

	for (char **e = environ; e != NULL && *e != NULL; e++) {
		if (strncmp(*e, "TZ=", 3) != 0)
			continue;
		had = 1;
		if ((old = strdup(*e + 3)) == NULL)
			return AAS_ERR_NOMEM;
	}
	(void)snprintf(tz, sizeof(tz), ":%s", path);
	if (setenv("TZ", path[0] != '\0' ? tz : "UTC0", 1) == 0) {
		tzset();
		r = walk(steps, n);
	}
	if (had)
		(void)setenv("TZ", old, 1);
	else
		(void)unsetenv("TZ");
	tzset();
	free(old);
	return r;
}

void
policy_zone_path(const char *name, char path[PATH_MAX])
{
	(void)snprintf(path, PATH_MAX, "%s%s", name[0] != '\0' ? ZONES : "",
	    name[0] != '\0' ? name : LOCALTIME);
}

int
policy_zone_steps(const char *name, struct aas_zone_step **steps, size_t *n,
    char path[PATH_MAX])
{
	int r = AAS_ERR_SYS;

	policy_zone_path(name, path);
	if ((r = is_zone(path)) < 0)
		return r;
	if (r == 0 && name[0] != '\0')
		return AAS_ERR_NOTFOUND;
	return walk_in(r == 1 ? path : "", steps, n);
}

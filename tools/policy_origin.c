/*
 * Is the compiled policy still what its files say?
 *
 * Any doubt MUST read as "changed": the cost is a build.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/assertion.h"
#include "lib/err.h"
#include "lib/fs.h"
#include "policy/rule.h"
#include "tools/policy_origin.h"

#define FILE_MAX ((size_t)64 * 1024 * 1024)

/* 1: other bytes; 0: the same. */
static int
other_bytes(const struct aas_origin_file *f)
{
	static const uint8_t none[32];
	struct aas_buf buf = { NULL, 0 };
	uint8_t sum[32];
	int same = 0;

	if (memcmp(f->sha256, none, sizeof(none)) == 0)
		return 1; /* a directory, or what was not read */
	if (aas_fs_read_path(f->path, geteuid(), 022, FILE_MAX, &buf, NULL) !=
	    AAS_OK)
		return 1;
	same = aas_sha256(buf.p, buf.len, NULL, 0, NULL, 0, sum) == AAS_OK &&
	    memcmp(sum, f->sha256, sizeof(sum)) == 0;
	aas_buf_free(&buf);
	return !same;
}

static void
mix(uint64_t *stamp, uint64_t v)
{
	*stamp = (*stamp ^ v) * 0x100000001b3u;
	*stamp ^= *stamp >> 29;
}

static struct aas_origin_file
mix_state(uint64_t *stamp, const struct stat *st)
{
	struct aas_origin_file now = { .path = NULL };

	aas_origin_stat(st, &now);
	mix(stamp, (uint64_t)now.mtime_ns);
	mix(stamp, (uint64_t)now.ctime_ns);
	mix(stamp, (uint64_t)now.size);
	mix(stamp, now.ino);
	return now;
}

static int
is_same(const struct aas_origin_file *f, const struct aas_origin_file *now)
{
	return now->mtime_ns == f->mtime_ns && now->ctime_ns == f->ctime_ns &&
	    now->ino == f->ino && now->dev == f->dev && now->size == f->size;
}

/* A link is refused, and never followed: it is what was there. */
static int
is_link(const struct aas_origin_file *f)
{
	struct aas_origin_file now;
	struct stat st;

	if (lstat(f->path, &st) == -1 || !S_ISLNK(st.st_mode))
		return 0;
	aas_origin_stat(&st, &now);
	return is_same(f, &now);
}

static int
changed(const struct aas_origin_file *f, uint64_t *stamp)
{
	struct aas_origin_file now;
	struct stat st;
	int e = 0;

	if (stat(f->path, &st) == -1) {
		e = errno;
		mix(stamp, (uint64_t)e);
		return f->size == -1 ? e != ENOENT && e != ENOTDIR
				     : !is_link(f);
	}
	now = mix_state(stamp, &st);
	if (f->size == -1)
		return 1;
	if (is_same(f, &now) || is_link(f))
		return 0;
	return other_bytes(f);
}

int
policy_origin_changed(
    const struct aas_policy *p, char path[PATH_MAX], uint64_t *stamp)
{
	struct aas_origin_file f;
	uint64_t seen = 0xcbf29ce484222325u;
	int found = 0;
	int r = AAS_OK;

	for (size_t i = 0; (r = aas_policy_files(p, i, &f)) == AAS_OK; i++) {
		if (changed(&f, &seen) && !found) {
			found = 1;
			(void)snprintf(path, PATH_MAX, "%s", f.path);
		}
	}
	if (r != AAS_ERR_NOTFOUND)
		return r;
	if (stamp != NULL)
		*stamp = seen;
	return found;
}

int
policy_origin_state(const char *bin, char path[PATH_MAX], uint64_t *stamp)
{
	struct aas_policy *p = NULL;
	int r = aas_policy_open(bin, &p);

	if (r == AAS_OK)
		r = aas_policy_check(p);
	if (r == AAS_OK)
		r = policy_origin_changed(p, path, stamp);
	aas_policy_free(&p);
	return r;
}

/* What stat(2) says of one name, the name included. */
static uint64_t
stamp_of(int dirfd, const char *name)
{
	uint64_t one = 0xcbf29ce484222325u;
	struct stat st;

	for (const char *c = name; *c != '\0'; c++)
		mix(&one, (unsigned char)*c);
	if (fstatat(dirfd, name, &st, 0) == -1) {
		mix(&one, (uint64_t)errno);
		return one;
	}
	(void)mix_state(&one, &st);
	return one;
}

uint64_t
policy_origin_stamp(const char *const *at, size_t n)
{
	uint64_t all = 0xcbf29ce484222325u;

	for (size_t i = 0; i < n; i++) {
		const struct dirent *e = NULL;
		DIR *d = opendir(at[i]);
		uint64_t sum = 0; /* in whatever order they come */

		if (d == NULL)
			sum = stamp_of(AT_FDCWD, at[i]);

		while (d != NULL && (e = readdir(d)) != NULL) {
			if (strcmp(e->d_name, "..") != 0)
				sum += stamp_of(dirfd(d), e->d_name);
		}
		mix(&all, sum);
		if (d != NULL)
			(void)closedir(d);
	}
	return all;
}

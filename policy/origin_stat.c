/*
 * What tells one state of a file that a policy was made of from another.
 */
#include "policy/rule.h"

static int64_t
ns_of(const struct timespec *t)
{
	return (int64_t)t->tv_sec * 1000000000 + t->tv_nsec;
}

void
aas_origin_stat(const struct stat *st, struct aas_origin_file *f)
{
	f->mtime_ns = ns_of(&st->st_mtim);
	f->ctime_ns = ns_of(&st->st_ctim);
	f->size = st->st_size;
	f->ino = st->st_ino;
	f->dev = st->st_dev;
}

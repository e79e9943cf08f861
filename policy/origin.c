/*
 * The files that a policy was made of, for `aasctl policy check` and aasd.
 */
#include <string.h>

#include "lib/err.h"
#include "policy/format.h"

int
aas_policy_files(
    const struct aas_policy *p, size_t i, struct aas_origin_file *f)
{
	const struct pol_file *in;
	const char *path;

	if (i >= p->h.files.n)
		return AAS_ERR_NOTFOUND;
	if ((in = pol_file(p, (uint32_t)i)) == NULL ||
	    (path = pol_text(&in->b, in->path)) == NULL)
		return AAS_ERR_FORMAT;
	f->path = path;
	f->mtime_ns = in->mtime_ns;
	f->ctime_ns = in->ctime_ns;
	f->size = in->size;
	f->ino = in->ino;
	f->dev = in->dev;
	memcpy(f->sha256, in->sha256, sizeof(f->sha256));
	return AAS_OK;
}

/*
 * The arguments of a stack line.
 *
 * 1. An argument MUST NOT be what makes the module strict: with none of them
 *    it refuses.
 */
#include <string.h>

#include "lib/err.h"
#include "pam_aas/args.h"
#include "lib/str.h"

static int
set_conf(const char *path, struct aas_args *a)
{
	size_t n = aas_str_nlen(path, sizeof(a->conf));

	if (a->conf[0] != '\0' || path[0] != '/' || n < 2 ||
	    n >= sizeof(a->conf))
		return AAS_ERR_INVAL;
	memcpy(a->conf, path, n + 1);
	return AAS_OK;
}

static int
set_flag(int *flag)
{
	if (*flag)
		return AAS_ERR_INVAL;
	*flag = 1;
	return AAS_OK;
}

int
aas_args_parse(int argc, const char **argv, struct aas_args *args)
{
	struct aas_args a = { 0 };
	int i, r, version = 0;

	for (i = 0; i < argc; i++) {
		if (argv[i] == NULL)
			return AAS_ERR_INVAL;
		if (strcmp(argv[i], "aas1") == 0)
			r = set_flag(&version);
		else if (strcmp(argv[i], "audit") == 0)
			r = set_flag(&a.audit);
		else if (strcmp(argv[i], "debug") == 0)
			r = set_flag(&a.debug);
		else if (aas_str_begins(argv[i], "conf="))
			r = set_conf(argv[i] + 5, &a);
		else
			r = AAS_ERR_INVAL;
		if (r != AAS_OK)
			return r;
	}
	if (!version)
		return AAS_ERR_INVAL;
	*args = a;
	return AAS_OK;
}

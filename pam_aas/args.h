#ifndef AAS_PAM_AAS_ARGS_H
#define AAS_PAM_AAS_ARGS_H

#include "lib/proto.h"

struct aas_args {
	int audit;               /* log answers that refuse nobody, too */
	int debug;               /* log each step */
	char conf[AAS_PATH_MAX]; /* compiled policy; "": the default */
};

/*
 * aas_args_parse(argc, argv, &args):
 * The arguments of a stack line: "aas1" must be among them (libpam 1.5.2 may
 * drop all arguments and run the module all the same), "conf=" an absolute
 * path, "audit", "debug"; none twice, and nothing else.
 * Returns 0 or AAS_ERR_INVAL.
 */
int aas_args_parse(int argc, const char **argv, struct aas_args *args);

#endif

#ifndef AAS_TESTS_DEPOT_H
#define AAS_TESTS_DEPOT_H

#include <stdio.h>

#include "lib/err.h"
#include "lib/notify/queue.h"
#include "tests/fixture.h"

/* A depot below a test's directory, and events in it. */

static inline struct aas_depot
depot_of(const struct fixture *f)
{
	struct aas_depot sp = AAS_DEPOT_NONE;
	char path[FIXTURE_PATH];

	assert_int_equal(
	    aas_depot_open(fixture_path(f, "spool", path), f->dir, &sp),
	    AAS_OK);
	return sp;
}

/*
 * depot_put(f, sp, type, uid, k): event number ${k} in new/, and from there
 * into the chain and queue/.  What aas_queue_take() returns.
 */
static inline int
depot_put(const struct fixture *f, const struct aas_depot *sp, const char *type,
    int uid, unsigned k)
{
	char name[64], path[80], text[256];

	(void)snprintf(name, sizeof(name), "0%019u-%032x.json", k, k);
	(void)snprintf(path, sizeof(path), "spool/new/%s", name);
	(void)snprintf(text, sizeof(text),
	    "{\"v\":1,\"id\":\"%032x\",\"type\":\"%s\",\"time\":"
	    "\"2026-01-01T00:00:00Z\",\"uid\":%d}\n",
	    k, type, uid);
	fixture_write(f, path, text, 0600);
	return aas_queue_take(sp, name, 1000);
}

#endif

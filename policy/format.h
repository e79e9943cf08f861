#ifndef AAS_POLICY_FORMAT_H
#define AAS_POLICY_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#include "policy/policy.h"

/*
 * policy.bin, inside the folder only.  Big-endian, read and written through
 * lib/wire.h:
 *	8 bytes   magic "AASPOL01"
 *	u32       length of the whole file
 *	u32       flags: POL_UV, POL_SERVER_KEYS
 *	str x 4   realm, statedir, rundir, libexecdir
 *	u8 x 2    enrolled_min, present
 *	u32       timeout_s
 *	u64 x 5   session_s, idle_s, reauth_s, degraded_s, required_from_s
 *	u32, str  required users, sorted, no two alike
 *	u32, u32  required groups, ascending, no two alike
 *	u32, str  exempt services, sorted, no two alike
 *	u32       CRC-32 of all before
 */
#define POL_MAGIC       "AASPOL01"
#define POL_MAGIC_LEN   8
#define POL_UV          0x1u
#define POL_SERVER_KEYS 0x2u
#define POL_FLAGS       (POL_UV | POL_SERVER_KEYS)
#define POL_FILE_MAX    (4u * 1024 * 1024)
#define POL_LIST_MAX    65536u

/* Bounds of the numbers; the writer refuses what the reader would. */
#define POL_ENROLLED_MAX 16
#define POL_TIMEOUT_MAX  600u
#define POL_LIMIT_MAX    ((int64_t)100 * 366 * 86400)

struct pol_list {
	uint32_t n;
	const char **s; /* into aas_policy.text, sorted by strcmp(3) */
};

struct aas_policy {
	char realm[256], statedir[256], rundir[256], libexecdir[256];
	uint8_t enrolled_min, present, uv, server_keys;
	uint32_t timeout_s;
	int64_t session_s, idle_s, reauth_s, degraded_s; /* 0: the default */
	int64_t required_from_s;
	struct pol_list users, services;
	uint32_t groups_n;
	gid_t *groups;
	char *text; /* the strings of both lists */
};

/*
 * pol_valid(p):
 * 1 if every value of ${p} is in range: said once for writer and reader.
 */
int pol_valid(const struct aas_policy *p);

/*
 * pol_has(list, s):
 * 1 if ${s} is in the sorted ${list}.
 */
int pol_has(const struct pol_list *list, const char *s);

#endif

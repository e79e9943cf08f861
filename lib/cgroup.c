/*
 * Where systemd has put a process.  It runs inside hosts: no stdio, and few
 * names of libc.
 */
#include <string.h>

#include "lib/cgroup.h"
#include "lib/err.h"
#include "lib/fs.h"
#include "lib/put.h"
#include "lib/str.h"

#define TEXT_MAX 8192

/* The path behind ${key} at the beginning of a line of it, or NULL. */
static const char *
line_of(const char *text, const char *key, size_t *len)
{
	for (const char *p = text; *p != '\0'; p += *p == '\n') {
		const char *number = p;
		size_t n = aas_str_to(p, '\n');

		p += n;
		number += aas_str_to(number, ':');
		if (aas_str_begins(number, key)) {
			*len = (size_t)(p - number) - strlen(key);
			return number + strlen(key);
		}
	}
	return NULL;
}

int
aas_cgroup_of(pid_t pid, char path[AAS_CGROUP_MAX])
{
	char name[48], text[TEXT_MAX];
	const char *got = NULL;
	struct aas_put t;
	size_t len = 0;
	int r;

	aas_put_init(&t, name, sizeof(name));
	aas_put_text(&t, "/proc/");
	if (pid == 0)
		aas_put_text(&t, "self");
	else
		aas_put_number(&t, (uint64_t)pid);
	aas_put_text(&t, "/cgroup");
	if ((r = aas_fs_kernel(name, text, sizeof(text), &len)) != AAS_OK)
		return r;
	/* In a hybrid set-up systemd's own hierarchy is the named one. */
	if ((got = line_of(text, ":name=systemd:", &len)) == NULL)
		got = line_of(text, "::", &len);
	if (got == NULL)
		return AAS_ERR_NOTFOUND;
	if (len >= AAS_CGROUP_MAX)
		return AAS_ERR_TOOBIG;
	memcpy(path, got, len);
	path[len] = '\0';
	return AAS_OK;
}

int
aas_cgroup_unit(const char *path, char unit[AAS_CGROUP_UNIT])
{
	static const char tail[] = ".service";
	const char *name = aas_str_rchr(path, '/');
	size_t n = 0;

	if (name == NULL || aas_str_begins(path, "/user.slice/"))
		return AAS_ERR_NOTFOUND;
	n = strlen(++name);
	if (n < sizeof(tail) || *name == '-' ||
	    memcmp(name + n - (sizeof(tail) - 1), tail, sizeof(tail)) != 0)
		return AAS_ERR_NOTFOUND;
	if (n >= AAS_CGROUP_UNIT)
		return AAS_ERR_TOOBIG;
	memcpy(unit, name, n + 1);
	return AAS_OK;
}

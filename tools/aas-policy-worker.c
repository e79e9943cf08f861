/*
 * aas-policy-worker NAME rules|lookup: runs one source of policy for its
 * parent, which asks over descriptor 0 (policy/source/wire.h).
 *
 * 1. What others than root (or the effective user) may write MUST NOT be
 *    loaded, and nothing of another major version.
 * 2. What a plugin prints or reads MUST NOT mix with what is said to the
 *    parent.
 * 3. It MUST NOT outlive its parent, nor its limits.
 */
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/fs.h"
#include "policy/plugin.h"
#include "policy/source/host.h"
#include "policy/source/wire.h"

#define HELLO_MS 5000 /* how long the question may take to arrive */
#define SOCK_FD  100  /* where plugins do not look for it */
#define AS_MAX   ((rlim_t)4 * 1024 * 1024 * 1024)
#define FILES    256

#if defined(__SANITIZE_ADDRESS__) || defined(AAS_COVERAGE)
#define AAS_LIMITS 0 /* a sanitizer maps terabytes, coverage writes files */
#else
#define AAS_LIMITS 1
#endif

struct worker {
	const char *name;
	int lookup;
	struct aas_pw pw;
	struct aas_pw_query q;
	struct aas_pw_room *room;
	uint8_t *text; /* what q points into */
	struct aas_source_host *host;
};

/* --- the process -----------------------------------------------------------
 */

/* The socket away from 0, where a plugin would read from it. */
static int
move_socket(int *sock)
{
	int null = -1;

	if ((*sock = fcntl(0, F_DUPFD_CLOEXEC, SOCK_FD)) == -1)
		return AAS_ERR_SYS;
	if ((null = open("/dev/null", O_RDWR | O_CLOEXEC)) == -1)
		return AAS_ERR_SYS;
	for (int fd = 0; fd < 3; fd++) {
		if (dup2(null, fd) == -1)
			return AAS_ERR_SYS;
	}
	if (null > 2)
		aas_close(&null);
	return AAS_OK;
}

/* End with the parent; it may have ended before this was asked for. */
static int
tie_to_parent(int sock)
{
	struct pollfd pfd = { sock, 0, 0 };

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == -1)
		return AAS_ERR_SYS;
	(void)poll(&pfd, 1, 0);
	return (pfd.revents & POLLHUP) != 0 ? AAS_ERR_CANCELED : AAS_OK;
}

static int
limit(int what, rlim_t to)
{
	struct rlimit rl;

	if (!AAS_LIMITS)
		return AAS_OK;
	if (getrlimit(what, &rl) == -1)
		return AAS_ERR_SYS;
	if (rl.rlim_max != RLIM_INFINITY && rl.rlim_max < to)
		to = rl.rlim_max;
	rl.rlim_cur = rl.rlim_max = to;
	return setrlimit(what, &rl) == -1 ? AAS_ERR_SYS : AAS_OK;
}

/* No limit on processes: root has none, and others share theirs. */
static int
limits(int64_t left_ms)
{
	rlim_t cpu = (rlim_t)(left_ms > 0 ? left_ms / 1000 : 0) + 2;

	if (limit(RLIMIT_CORE, 0) != AAS_OK ||
	    limit(RLIMIT_FSIZE, 0) != AAS_OK ||
	    limit(RLIMIT_NOFILE, FILES) != AAS_OK ||
	    limit(RLIMIT_AS, AS_MAX) != AAS_OK ||
	    limit(RLIMIT_CPU, cpu) != AAS_OK ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		return AAS_ERR_SYS;
	return AAS_OK;
}

/* --- the plugin ------------------------------------------------------------
 */

/* Is it a file that we may load?  Errors are reported. */
static int
file_check(struct worker *w, char path[PATH_MAX])
{
	char base[64];
	int dirfd = -1;
	int fd = -1;
	int r = AAS_ERR_SYS;

	(void)snprintf(base, sizeof(base), "libaas_policy_%s.so", w->name);
	if (snprintf(path, PATH_MAX, "%s/%s", w->q.plugindir, base) >= PATH_MAX)
		return AAS_ERR_TOOBIG;
	if ((r = aas_fs_dir(w->q.plugindir, geteuid(), &dirfd)) == AAS_OK)
		r = aas_fs_open(dirfd, base, geteuid(), 022, &fd, NULL);
	aas_close(&fd);
	aas_close(&dirfd);
	if (r == AAS_ERR_PERMS)
		aas_source_host_say(w->host,
		    "%s: must be a plain file of root, in directories of root, "
		    "that nobody else may write",
		    path);
	else if (r == AAS_ERR_NOTFOUND)
		aas_source_host_say(
		    w->host, "%s: there is no such plugin", path);
	else if (r != AAS_OK)
		aas_source_host_say(w->host, "%s: %s", path,
		    r == AAS_ERR_SYS ? strerror(errno) : aas_strerror(r));
	return r;
}

/* Is it made for this host?  Errors are reported. */
static int
descriptor_check(struct worker *w, const struct aas_plugin *p)
{
	const char *file = w->name;

	if (p->magic != AAS_PLUGIN_MAGIC)
		aas_source_host_say(w->host,
		    "libaas_policy_%s.so: aas_policy_plugin is not a struct "
		    "aas_plugin",
		    file);
	else if (p->major != AAS_PLUGIN_MAJOR)
		aas_source_host_say(w->host,
		    "libaas_policy_%s.so: made for major version %u, this host "
		    "speaks %u",
		    file, (unsigned)p->major, (unsigned)AAS_PLUGIN_MAJOR);
	else if (p->struct_size < sizeof(*p))
		aas_source_host_say(w->host,
		    "libaas_policy_%s.so: its struct aas_plugin has %lu bytes, "
		    "at least %zu belong to it",
		    file, (unsigned long)p->struct_size, sizeof(*p));
	else if (p->name == NULL || strcmp(p->name, w->name) != 0)
		aas_source_host_say(w->host,
		    "libaas_policy_%s.so: calls itself \"%.64s\"", file,
		    p->name != NULL ? p->name : "");
	else
		return AAS_OK;
	return AAS_ERR_VERSION;
}

static int
load(struct worker *w, const struct aas_plugin **p)
{
	char path[PATH_MAX];
	void *lib = NULL;
	const struct aas_plugin *got = NULL;
	int r = file_check(w, path);

	if (r != AAS_OK)
		return r;
	/* It is never closed: this process ends with it. */
	if ((lib = dlopen(path, RTLD_NOW | RTLD_LOCAL)) == NULL) {
		aas_source_host_say(w->host, "%s", dlerror());
		return AAS_ERR_FORMAT;
	}
	if ((got = dlsym(lib, "aas_policy_plugin")) == NULL) {
		aas_source_host_say(
		    w->host, "%s: does not export aas_policy_plugin", path);
		return AAS_ERR_FORMAT;
	}
	if ((r = descriptor_check(w, got)) == AAS_OK)
		*p = got;
	return r;
}

/* Returns an enum aas_plugin_status, whatever the plugin returns. */
static int
call(struct worker *w, const struct aas_plugin *p)
{
	const struct aas_plugin_host *h = aas_source_host_api(w->host);
	struct aas_plugin_query q = { .struct_size = sizeof(q) };
	int status = AAS_PLUGIN_UNAVAIL;

	q.confdir = w->q.confdir;
	q.now_s = w->q.now_s;
	q.user = w->q.user;
	q.uid = w->q.uid;
	q.groups = w->q.groups;
	q.service = w->q.service;
	if ((w->lookup ? p->lookup : p->rules) == NULL)
		return AAS_PLUGIN_NOTFOUND;
	status = w->lookup ? p->lookup(h, &q) : p->rules(h, &q);
	if (status < AAS_PLUGIN_SUCCESS || status > AAS_PLUGIN_TRYAGAIN) {
		aas_source_host_say(w->host,
		    "libaas_policy_%s.so: returned %d, which is no status",
		    w->name, status);
		return AAS_PLUGIN_UNAVAIL;
	}
	if (aas_source_host_error(w->host) != AAS_OK) {
		aas_source_host_say(w->host,
		    "what it said could not be kept: "
		    "%s",
		    aas_strerror(aas_source_host_error(w->host)));
		return AAS_PLUGIN_UNAVAIL;
	}
	/* What attest leaves out lets nobody in: a group of other hosts. */
	if ((status == AAS_PLUGIN_SUCCESS || status == AAS_PLUGIN_NOTFOUND) &&
	    aas_source_host_refused(w->host) &&
	    strcmp(w->name, "attest") != 0) {
		aas_source_host_say(w->host,
		    "libaas_policy_%s.so: went on without a rule that was "
		    "refused",
		    w->name);
		return AAS_PLUGIN_UNAVAIL;
	}
	return status;
}

/* --- the question and the answer -------------------------------------------
 */

static int
hear(struct worker *w)
{
	const uint8_t *p = NULL;
	uint8_t type = 0;
	size_t len = 0;
	int r = aas_pw_recv(&w->pw, &type, &p, &len);

	if (r != AAS_OK)
		return r;
	if (type != AAS_PW_QUERY || aas_pw_more(&w->pw))
		return AAS_ERR_FORMAT;
	if ((w->text = malloc(len + 1)) == NULL ||
	    (w->room = malloc(sizeof(*w->room))) == NULL)
		return AAS_ERR_NOMEM;
	memcpy(w->text, p, len);
	if ((r = aas_pw_query_get(w->text, len, w->room, &w->q)) != AAS_OK)
		return r;
	if (w->lookup != (w->q.user != NULL))
		return AAS_ERR_FORMAT;
	w->pw.until_ms = w->q.until_ms;
	return AAS_OK;
}

static int
answer(struct worker *w)
{
	const struct aas_plugin *p = NULL;
	struct aas_wr wr;
	int status = AAS_PLUGIN_UNAVAIL;
	int r = AAS_ERR_SYS;

	if ((r = limits(w->q.until_ms - aas_clock_ms())) != AAS_OK)
		aas_source_host_say(
		    w->host, "limits cannot be set: %s", strerror(errno));
	else if (load(w, &p) == AAS_OK)
		status = call(w, p);
	aas_pw_begin(&w->pw, &wr);
	aas_pw_end_put(&wr, status);
	if ((r = aas_pw_send(&w->pw, AAS_PW_END, &wr)) != AAS_OK)
		return r;
	return aas_pw_flush(&w->pw);
}

int
main(int argc, char **argv)
{
	struct worker w;
	int sock = -1;
	int r = AAS_ERR_INVAL;

	memset(&w, 0, sizeof(w));
	if (argc != 3 || strlen(argv[1]) > 31 ||
	    argv[1][strspn(argv[1], "abcdefghijklmnopqrstuvwxyz0123456789_")] !=
		'\0' ||
	    (strcmp(argv[2], "rules") != 0 && strcmp(argv[2], "lookup") != 0))
		return 2;
	w.name = argv[1];
	w.lookup = strcmp(argv[2], "lookup") == 0;
	if ((r = move_socket(&sock)) == AAS_OK &&
	    (r = tie_to_parent(sock)) == AAS_OK &&
	    (r = aas_pw_init(&w.pw, sock, aas_clock_ms() + HELLO_MS)) ==
		AAS_OK &&
	    (r = hear(&w)) == AAS_OK &&
	    (r = aas_source_host_new(&w.pw, w.name, &w.host)) == AAS_OK)
		r = answer(&w);
#ifdef AAS_COVERAGE
	exit(0); /* a plugin's own counters are written by its destructors */
#endif
	/* At once: what a plugin registered for the end does not run. */
	_exit(r == AAS_OK ? 0 : 1);
}

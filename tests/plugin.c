/*
 * A source of policy for tests/test_gather.c: what it does is what it is
 * called, as libaas_policy_<name>.so.
 */
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy/plugin.h"

extern char **environ;

static int act(
    const struct aas_plugin_host *h, const struct aas_plugin_query *q);
static int look(
    const struct aas_plugin_host *h, const struct aas_plugin_query *q);

static const char *const no_users[] = { "root", "alice", NULL };
static char called[64] = "";

/* Not const here: the constructor makes of it what the name says. */
AAS_PLUGIN_EXPORT struct {
	struct aas_plugin p;
	uint64_t later[4];
} aas_policy_plugin = {
	.p = { AAS_PLUGIN_MAGIC, sizeof(struct aas_plugin), AAS_PLUGIN_MAJOR,
	    AAS_PLUGIN_MINOR, called, act, look },
};

static int
is(const char *name)
{
	return strcmp(called, name) == 0;
}

__attribute__((constructor)) static void
init(int argc, char **argv)
{
	struct aas_plugin *p = &aas_policy_plugin.p;

	if (argc > 1)
		(void)snprintf(called, sizeof(called), "%s", argv[1]);
	if (is("magic"))
		p->magic++;
	if (is("major"))
		p->major = 2;
	if (is("minor"))
		p->minor = 9;
	if (is("short"))
		p->struct_size -= 8;
	if (is("longer"))
		p->struct_size = sizeof(aas_policy_plugin);
	if (is("alias"))
		p->name = "other";
	if (is("noname"))
		p->name = NULL;
	if (is("nothing"))
		p->rules = NULL;
	if (is("constructor"))
		abort();
}

/* --- rules -----------------------------------------------------------------
 */

static int
give(const struct aas_plugin_host *h, const char *name)
{
	struct aas_plugin_rule r;

	memset(&r, 0, sizeof(r));
	r.struct_size = sizeof(r);
	r.name = name;
	r.file = "/nowhere";
	r.line = 7;
	r.users = no_users;
	r.require = "enrolled";
	return h->rule(h->ctx, &r, NULL);
}

/* A rule that a later minor version could say more in. */
static int
give_later(const struct aas_plugin_host *h, uint64_t more)
{
	struct {
		struct aas_plugin_rule r;
		uint64_t more;
	} later;
	struct aas_plugin_fault f = { .struct_size = sizeof(f) };

	memset(&later, 0, sizeof(later));
	later.r.struct_size = sizeof(later);
	later.r.name = "later";
	later.r.deny = 1;
	later.r.users = no_users;
	later.more = more;
	if (h->rule(h->ctx, &later.r, &f) == 0)
		return AAS_PLUGIN_SUCCESS;
	h->report(h->ctx, AAS_PLUGIN_ERROR, NULL, 0, f.text);
	return AAS_PLUGIN_UNAVAIL;
}

static int
give_wrong(const struct aas_plugin_host *h)
{
	static const char *const nets[] = { "10.0.0.0/33", NULL };
	struct aas_plugin_fault f = { .struct_size = sizeof(f) };
	struct aas_plugin_rule r;

	memset(&r, 0, sizeof(r));
	r.struct_size = sizeof(r);
	r.name = "wrong";
	r.networks = nets;
	r.deny = 1;
	if (h->rule(h->ctx, &r, &f) == 0)
		return AAS_PLUGIN_SUCCESS;
	h->report(h->ctx, AAS_PLUGIN_ERROR, "/nowhere", 3, f.field);
	return AAS_PLUGIN_UNAVAIL;
}

/* Each as large as one can be, for ever. */
static int
give_too_many(const struct aas_plugin_host *h)
{
	char name[32];

	for (int i = 0; i < 250001; i++) {
		(void)snprintf(name, sizeof(name), "r%d", i);
		if (give(h, name) != 0)
			return AAS_PLUGIN_UNAVAIL;
	}
	return AAS_PLUGIN_SUCCESS;
}

/* --- behind the host's back ------------------------------------------------
 */

/* The worker's socket: a plugin can find it, if it wants to do harm. */
static int
find_socket(void)
{
	int type = 0;
	socklen_t len = sizeof(type);

	for (int fd = 0; fd < 1024; fd++) {
		if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
		    type == SOCK_SEQPACKET)
			return fd;
	}
	return -1;
}

static int
write_raw(const void *p, size_t len)
{
	return send(find_socket(), p, len, MSG_NOSIGNAL) == -1 ? -1 : 0;
}

static void
write_gigabyte(void)
{
	static char block[65536];

	for (int i = 0; i < 16384; i++) {
		if (write(1, block, sizeof(block)) == -1 ||
		    write_raw(block, sizeof(block)) == -1)
			return;
	}
}

static int
raw(void)
{
	static const uint8_t huge[] = { 0xff, 0xff, 0xff, 0xff, 2 };
	static const uint8_t zero[] = { 0, 0, 0, 0, 0 };
	static const uint8_t half[] = { 0, 0, 1, 0, 2, 0 };
	static const uint8_t type[] = { 0, 0, 0, 1, 99 };
	static const uint8_t query[] = { 0, 0, 0, 1, 1 };
	static const uint8_t rule[] = { 0, 0, 0, 3, 2, 1, 2 };
	static const uint8_t report[] = { 0, 0, 0, 2, 3, 9 };
	static const uint8_t file[] = { 0, 0, 0, 2, 4, 9 };
	static const uint8_t end[] = { 0, 0, 0, 2, 5, 9 };
	static const uint8_t more[] = { 0, 0, 0, 2, 5, 1, 0 };
	static const uint8_t none[] = { 0, 0, 0, 1, 5 };

	if (is("w_huge"))
		return write_raw(huge, sizeof(huge));
	if (is("w_zero"))
		return write_raw(zero, sizeof(zero));
	if (is("w_half")) {
		(void)write_raw(half, sizeof(half));
		_exit(0);
	}
	if (is("w_type"))
		return write_raw(type, sizeof(type));
	if (is("w_query"))
		return write_raw(query, sizeof(query));
	if (is("w_rule"))
		return write_raw(rule, sizeof(rule));
	if (is("w_report"))
		return write_raw(report, sizeof(report));
	if (is("w_file"))
		return write_raw(file, sizeof(file));
	if (is("w_end"))
		return write_raw(end, sizeof(end));
	if (is("w_more"))
		return write_raw(more, sizeof(more));
	if (is("w_none"))
		return write_raw(none, sizeof(none));
	return 0;
}

/* A rule that the host's own check would not have let through. */
static void
raw_rule(void)
{
	uint8_t msg[256];
	size_t n = 5;

	memset(msg, 0xff, sizeof(msg)); /* no text, no list */
	memset(msg + n, 0, 4);          /* line */
	n += 4 + 3 * 2 + 6 * 2 + 2;
	memset(msg + n, 0, 12); /* deny, exempt, break_glass */
	n += 12 + 3 * 2;
	memset(msg + n, 0, 8); /* enrolled, present */
	n += 8 + 2;
	memset(msg + n, 0, 4); /* device_bound */
	n += 4 + 2 + 6 * 2 + 2 * 2 + 2 + 2 * 2 + 2 * 2;
	msg[0] = msg[1] = msg[2] = 0;
	msg[3] = (uint8_t)(n - 4);
	msg[4] = 2;
	(void)write_raw(msg, n);
}

static void
flood_reports(const struct aas_plugin_host *h)
{
	static const uint8_t msg[] = { 0, 0, 0, 11, 3, 2, 0, 0, 0, 0, 0xff,
		0xff, 0, 0, 0 };

	h->report(h->ctx, AAS_PLUGIN_NOTE, NULL, 0, "flood");
	for (int i = 0; i < 2000; i++) {
		if (write_raw(msg, sizeof(msg)) == -1)
			return;
	}
}

/* A child that keeps the socket and everything else open. */
static int
leave_child(const struct aas_plugin_host *h)
{
	char text[32];
	pid_t pid = fork();

	if (pid == 0) {
		(void)signal(SIGTERM, SIG_IGN);
		for (;;)
			(void)pause();
	}
	(void)snprintf(text, sizeof(text), "pid %d", (int)pid);
	h->report(h->ctx, AAS_PLUGIN_NOTE, NULL, 0, text);
	return give(h, "left-a-child") == 0 ? AAS_PLUGIN_SUCCESS
					    : AAS_PLUGIN_UNAVAIL;
}

/* --- what it sees ----------------------------------------------------------
 */

/* A process that has nothing: reports what it finds that should not be. */
static int
see(const struct aas_plugin_host *h)
{
	char b[1];

	if (environ[0] != NULL)
		h->report(h->ctx, AAS_PLUGIN_ERROR, NULL, 0, "environment");
	(void)printf("printed");
	(void)fflush(stdout);
	(void)fprintf(stderr, "printed");
	if (write(0, "x", 1) != 1 || read(0, b, 1) != 0)
		h->report(h->ctx, AAS_PLUGIN_ERROR, NULL, 0, "stdin");
	if (getsid(0) != getpid())
		h->report(h->ctx, AAS_PLUGIN_ERROR, NULL, 0, "session");
	if (h->left_ms(h->ctx) <= 0 || h->left_ms(h->ctx) > 30000)
		h->report(h->ctx, AAS_PLUGIN_ERROR, NULL, 0, "left_ms");
	return AAS_PLUGIN_SUCCESS;
}

static int
each(void *arg, const char *path)
{
	const struct aas_plugin_host *h = arg;

	h->report(h->ctx, AAS_PLUGIN_NOTE, path, 0, "listed");
	return strstr(path, "stop") != NULL ? 5 : 0;
}

static void
read_one(const struct aas_plugin_host *h, const char *dir, const char *name,
    unsigned flags)
{
	char path[512];
	char line[600];
	char *text = NULL;
	size_t len = 0;
	int r = 0;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	r = h->read(h->ctx, path, 100, flags, &text, &len);
	(void)snprintf(
	    line, sizeof(line), "%s=%d,%.20s", name, r, r == 0 ? text : "");
	if (r == 0)
		h->release(h->ctx, text);
	h->report(h->ctx, AAS_PLUGIN_NOTE, NULL, 0, line);
}

static int
files(const struct aas_plugin_host *h, const char *dir)
{
	char path[512];
	char text[64];

	read_one(h, dir, "good.conf", 0);
	read_one(h, dir, "good.conf", AAS_PLUGIN_LIBCONFIG);
	read_one(h, dir, "include.conf", 0);
	read_one(h, dir, "include.conf", AAS_PLUGIN_LIBCONFIG);
	read_one(h, dir, "none.conf", 0);
	read_one(h, dir, "none/none.conf", 0);
	read_one(h, dir, "writable.conf", 0);
	read_one(h, dir, "link.conf", 0);
	read_one(h, dir, "fifo.conf", 0);
	read_one(h, dir, "big.conf", 0);
	read_one(h, "relative", "x", 0);
	(void)snprintf(path, sizeof(path), "%s/d", dir);
	(void)snprintf(text, sizeof(text), "list=%d",
	    h->list(h->ctx, path, ".conf", each, (void *)(uintptr_t)h));
	h->report(h->ctx, AAS_PLUGIN_NOTE, NULL, 0, text);
	(void)snprintf(path, sizeof(path), "%s/none", dir);
	(void)snprintf(text, sizeof(text), "list=%d",
	    h->list(h->ctx, path, "", each, (void *)(uintptr_t)h));
	h->report(h->ctx, AAS_PLUGIN_NOTE, NULL, 0, text);
	(void)snprintf(path, sizeof(path), "%s/open", dir);
	(void)snprintf(text, sizeof(text), "list=%d",
	    h->list(h->ctx, path, "", each, (void *)(uintptr_t)h));
	h->report(h->ctx, AAS_PLUGIN_NOTE, NULL, 0, text);
	return AAS_PLUGIN_SUCCESS;
}

/* --- the functions ---------------------------------------------------------
 */

static int
act(const struct aas_plugin_host *h, const struct aas_plugin_query *q)
{
	if (is("files"))
		return files(h, q->confdir);
	if (is("see"))
		return see(h);
	if (is("refused"))
		return give_wrong(h);
	if (is("more"))
		return give_later(h, 1);
	if (is("longer"))
		return give_later(h, 0);
	if (is("many"))
		return give_too_many(h);
	if (is("child"))
		return leave_child(h);
	if (give(h, "one") != 0 || give(h, "two") != 0)
		return AAS_PLUGIN_UNAVAIL;
	h->report(h->ctx, AAS_PLUGIN_NOTE, "a\nfile", 3, "hello \x1b[31m");
	if (is("notfound"))
		return AAS_PLUGIN_NOTFOUND;
	if (is("unavail"))
		return AAS_PLUGIN_UNAVAIL;
	if (is("tryagain"))
		return AAS_PLUGIN_TRYAGAIN;
	if (is("outside"))
		return 17;
	if (is("zero"))
		return 0;
	if (is("crash"))
		(void)raise(SIGSEGV);
	if (is("aborts"))
		abort();
	if (is("exits"))
		exit(0);
	if (is("gigabyte"))
		write_gigabyte();
	if (is("closes"))
		(void)close_range(0, ~0U, 0);
	if (is("w_wrong"))
		raw_rule();
	if (is("w_flood"))
		flood_reports(h);
	if (is("hang") || is("hang2")) {
		(void)signal(SIGTERM, SIG_IGN);
		for (;;)
			(void)pause();
	}
	if (is("spin")) {
		for (;;)
			*(volatile char *)called = called[0];
	}
	return raw() == 0 ? AAS_PLUGIN_SUCCESS : AAS_PLUGIN_UNAVAIL;
}

/* The user, his groups and the service, as they arrived. */
static int
look(const struct aas_plugin_host *h, const struct aas_plugin_query *q)
{
	char text[256];

	(void)snprintf(text, sizeof(text), "%s %lu %s %s %s", q->user,
	    (unsigned long)q->uid,
	    q->groups != NULL && q->groups[0] != NULL ? q->groups[0] : "-",
	    q->groups != NULL && q->groups[1] != NULL ? q->groups[1] : "-",
	    q->service != NULL ? q->service : "-");
	h->report(h->ctx, AAS_PLUGIN_NOTE, NULL, 0, text);
	return give(h, "looked-up") == 0 ? AAS_PLUGIN_SUCCESS
					 : AAS_PLUGIN_UNAVAIL;
}

/*
 * aas-codex: the Codex that run on this host, for aasd(8), which starts it so
 * that none of its clients waits for /proc or for the files of a user.
 *
 *	aas-codex list WHO [PID]	those of the user WHO, a uid, or "all"
 *	aas-codex end WHO PID START	end that one, and what it started
 *	aas-codex files DIR		the rollouts below DIR, as its owner
 *
 * One line of JSON goes to the socket on descriptor 0, or else to stdout.
 *
 * 1. Who may ask for whom MUST have been decided by the caller; what is not
 *    WHO's MUST be neither listed nor ended.
 * 2. It MUST NOT open a file of a user but in a process that is that user's.
 * 3. It MUST end in time, whatever it looks at.
 */
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/fs.h"
#include "lib/log.h"
#include "lib/reason.h"
#include "tools/aas_codex.h"
#include "tools/packets.h"

#define USAGE    2
#define DEADLINE 8 /* seconds; less than AASD_LOOKUP_MS */
#define FILES_MS 2000

json_t *
codex_refuse(unsigned why)
{
	return json_pack("{s:b, s:s, s:s}", "ok", 0, "reason",
	    aas_reason_code(why), "text", aas_reason_text(why));
}

/* --- files ---------------------------------------------------------------- */

static int
add_file(void *arg, const char *path, int r, const struct aas_codex_meta *m)
{
	char name[AAS_CODEX_PATH];
	json_t *o = r == AAS_OK ? codex_meta(m) : json_object();

	(void)snprintf(name, sizeof(name), "%s", path);
	(void)aas_codex_tidy(name, sizeof(name));
	(void)json_object_set_new(o, "file", json_string(name));
	if (r != AAS_OK)
		(void)json_object_set_new(
		    o, "error", json_string(aas_strerror(r)));
	(void)json_array_append_new(arg, o);
	return 0;
}

static json_t *
files(const char *dir)
{
	struct aas_codex_budget b = AAS_CODEX_BUDGET(aas_clock_ms() + FILES_MS);
	struct aas_codex_home h = { -1, 0, "" };
	struct aas_codex_user user = { getuid(), getgid(), "" };
	json_t *list = json_array();
	json_int_t auth = -1;
	int64_t auth_s = 0;
	struct stat st;

	if (geteuid() == 0 && stat(dir, &st) == 0) {
		user.uid = st.st_uid;
		user.gid = st.st_gid;
	}
	if (aas_codex_confine(&user, CODEX_MEMORY) != AAS_OK ||
	    aas_codex_home_open(-1, dir, user.uid, &h) != AAS_OK) {
		json_decref(list);
		return codex_refuse(AAS_WHY_SYSTEM);
	}
	if (aas_codex_auth(&h, &auth_s) == AAS_OK)
		auth = (json_int_t)auth_s;
	aas_codex_walk(&h, &b, add_file, list);
	aas_codex_home_close(&h);
	return json_pack("{s:b, s:o, s:o}", "ok", 1, "files", list, "auth",
	    auth < 0 ? json_null() : json_integer(auth));
}

/* --- the answer ----------------------------------------------------------- */

static int
send_line(json_t *obj)
{
	char *s = obj != NULL
	    ? json_dumps(obj, JSON_COMPACT | JSON_ENSURE_ASCII)
	    : NULL;
	int type = 0;
	socklen_t size = sizeof(type);
	int r = AAS_ERR_SYS;

	if (s == NULL)
		return AAS_ERR_NOMEM;
	if (getsockopt(0, SOL_SOCKET, SO_TYPE, &type, &size) == -1 ||
	    type != SOCK_SEQPACKET) {
		r = puts(s) >= 0 && fflush(stdout) == 0 ? AAS_OK : AAS_ERR_SYS;
		free(s);
		return r;
	}
	return aas_packets_send(0, s);
}

/* A number without a sign. */
static int
number(const char *text, unsigned long long max, unsigned long long *v)
{
	char *end = NULL;

	errno = 0;
	*v = text[0] >= '0' && text[0] <= '9' ? strtoull(text, &end, 10) : 0;
	return end != NULL && *end == '\0' && errno == 0 && *v <= max;
}

/* "all" is for root, of whom everybody else's is out of reach. */
static int
who(const char *text, uid_t *uid)
{
	unsigned long long v = 0;

	if (strcmp(text, "all") == 0)
		*uid = (uid_t)-1;
	else if (number(text, UINT32_MAX - 1, &v))
		*uid = (uid_t)v;
	else
		return 0;
	return geteuid() == 0 || *uid == getuid();
}

int
main(int argc, char **argv)
{
	unsigned long long pid = 0, start = 0;
	uid_t uid = 0;
	json_t *obj = NULL;
	int r = AAS_ERR_INVAL;

	/* aasd gone: nobody wants the answer. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == -1 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		return 1;
	(void)alarm(DEADLINE);
	if (argc == 3 && strcmp(argv[1], "files") == 0)
		obj = files(argv[2]);
	else if (argc < 3 || !who(argv[2], &uid))
		return USAGE;
	else if (strcmp(argv[1], "list") == 0 && argc <= 4 &&
	    (argc == 3 || number(argv[3], INT32_MAX, &pid)))
		obj = codex_list(uid, (pid_t)pid);
	else if (strcmp(argv[1], "end") == 0 && argc == 5 &&
	    number(argv[3], INT32_MAX, &pid) && pid > 1 &&
	    number(argv[4], UINT64_MAX, &start))
		obj = codex_end(
		    uid, &(struct aas_proc){ (pid_t)pid, (uint64_t)start });
	else
		return USAGE;
	r = send_line(obj);
	json_decref(obj);
	return r == AAS_OK ? 0 : 1;
}

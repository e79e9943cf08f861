/*
 * pamtx: N whole PAM transactions in one process, for measuring and for
 * sign-ins without an application.
 *
 *	pamtx [-glmtv] [-j N] [-n N] [-p PHASES] [-r REPLY] [-s SERVICE]
 *	    [-c DIR] USER
 *
 *	-c DIR	service files are read from DIR (pam_start_confdir(3))
 *	-g	say how resident memory grew: "rss KB-AFTER-10TH KB-AT-END"
 *	-j N	N processes at once, each with -n transactions: "good N"
 *	-l	check that transactions leave no descriptor and no child behind
 *	-m	say which libraries are mapped after the first transaction
 *	-n N	so many transactions, 1 if not given
 *	-p P	phases of each: a auth, c account, s session; "acs" if not given
 *	-r R	the reply to every prompt; without it a prompt fails
 *	-s S	service; "login" if not given
 *	-t	say how long they took together: "us MICROSECONDS"
 *	-v	show what the modules say
 *
 * Exit status 0 when every call answered PAM_SUCCESS, 1 otherwise.
 */
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include <security/pam_appl.h>

struct options {
	const char *dir, *service, *user, *phases, *reply;
	long count, processes;
	int growth, leaks, maps, timed, verbose;
};

static int
answer_one(const struct options *o, const struct pam_message *m,
    struct pam_response *r)
{
	if (o->verbose)
		fprintf(stderr, "pamtx: %d: %s\n", m->msg_style, m->msg);
	if (m->msg_style != PAM_PROMPT_ECHO_OFF &&
	    m->msg_style != PAM_PROMPT_ECHO_ON)
		return PAM_SUCCESS;
	if (o->reply == NULL)
		return PAM_CONV_ERR;
	r->resp = strdup(o->reply);
	return r->resp == NULL ? PAM_BUF_ERR : PAM_SUCCESS;
}

static int
converse(int n, const struct pam_message **msg, struct pam_response **resp,
    void *data)
{
	struct pam_response *r;
	int i, rc = PAM_SUCCESS;

	if (n <= 0 || n > PAM_MAX_NUM_MSG)
		return PAM_CONV_ERR;
	if ((r = calloc((size_t)n, sizeof(*r))) == NULL)
		return PAM_BUF_ERR;
	for (i = 0; i < n && rc == PAM_SUCCESS; i++)
		rc = answer_one(data, msg[i], &r[i]);
	if (rc != PAM_SUCCESS) {
		for (i = 0; i < n; i++)
			free(r[i].resp);
		free(r);
		return rc;
	}
	*resp = r;
	return PAM_SUCCESS;
}

static int
phase(pam_handle_t *ph, const struct options *o, char which)
{
	int rc, rc2;

	switch (which) {
	case 'a':
		rc = pam_authenticate(ph, 0);
		break;
	case 'c':
		rc = pam_acct_mgmt(ph, 0);
		break;
	case 's':
		rc = pam_open_session(ph, 0);
		if (rc == PAM_SUCCESS && (rc2 = pam_close_session(ph, 0)) != rc)
			rc = rc2;
		break;
	default:
		rc = PAM_SYSTEM_ERR;
		break;
	}
	if (rc != PAM_SUCCESS)
		fprintf(stderr, "pamtx: %c: %s\n", which, pam_strerror(ph, rc));
	if (o->verbose)
		fprintf(stderr, "pamtx: %c: %d\n", which, rc);
	return rc;
}

static int
transaction(struct options *o)
{
	const struct pam_conv conv = { converse, o };
	pam_handle_t *ph = NULL;
	const char *p;
	int rc;

	if (o->dir != NULL)
		rc = pam_start_confdir(o->service, o->user, &conv, o->dir, &ph);
	else
		rc = pam_start(o->service, o->user, &conv, &ph);
	if (rc != PAM_SUCCESS) {
		fprintf(stderr, "pamtx: pam_start: %d\n", rc);
		return rc;
	}
	(void)pam_set_item(ph, PAM_TTY, "/dev/tty1");
	for (p = o->phases; *p != '\0' && rc == PAM_SUCCESS; p++)
		rc = phase(ph, o, *p);
	(void)pam_end(ph, rc);
	return rc;
}

static int
descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	if (d == NULL)
		return -1;
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

/* One line "map PATH" per library. */
static void
print_maps(void)
{
	char line[4096], last[4096] = "", *path;
	FILE *f = fopen("/proc/self/maps", "re");

	if (f == NULL)
		return;
	while (fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		path = strchr(line, '/');
		if (path == NULL || strcmp(path, last) == 0)
			continue;
		snprintf(last, sizeof(last), "%s", path);
		printf("map %s\n", path);
	}
	fclose(f);
}

static long
resident_kb(void)
{
	long pages = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	if (f == NULL)
		return -1;
	if (fscanf(f, "%*d %ld", &pages) != 1)
		pages = -1;
	fclose(f);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static long
microseconds(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000L + ts.tv_nsec / 1000;
}

static int
leak_check(int fds)
{
	int now = descriptors(), rc = 0;

	if (now != fds) {
		fprintf(stderr, "pamtx: %d descriptors became %d\n", fds, now);
		rc = 1;
	}
	if (waitpid(-1, NULL, WNOHANG) != -1 || errno != ECHILD) {
		fprintf(stderr, "pamtx: a child was left behind\n");
		rc = 1;
	}
	return rc;
}

static int
parse(int argc, char **argv, struct options *o)
{
	int c;

	while ((c = getopt(argc, argv, "c:gj:lmn:p:r:s:tv")) != -1) {
		switch (c) {
		case 'c':
			o->dir = optarg;
			break;
		case 'g':
			o->growth = 1;
			break;
		case 'j':
			o->processes = strtol(optarg, NULL, 10);
			break;
		case 'l':
			o->leaks = 1;
			break;
		case 'm':
			o->maps = 1;
			break;
		case 'n':
			o->count = strtol(optarg, NULL, 10);
			break;
		case 'p':
			o->phases = optarg;
			break;
		case 'r':
			o->reply = optarg;
			break;
		case 's':
			o->service = optarg;
			break;
		case 't':
			o->timed = 1;
			break;
		case 'v':
			o->verbose = 1;
			break;
		default:
			return -1;
		}
	}
	if (optind + 1 != argc || o->count < 1)
		return -1;
	o->user = argv[optind];
	return 0;
}

/* What one process does: all its transactions. */
static int
transactions(struct options *o)
{
	long i, rss = 0;
	int fds = descriptors(), rc = 0;

	for (i = 0; i < o->count; i++) {
		if (transaction(o) != PAM_SUCCESS)
			rc = 1;
		if (i == 0 && o->maps)
			print_maps();
		if (i == 9)
			rss = resident_kb();
	}
	if (o->growth)
		printf("rss %ld %ld\n", rss, resident_kb());
	if (o->leaks && leak_check(fds) != 0)
		rc = 1;
	return rc;
}

/* Start them all behind one closed door, then open it. */
static int
crowd(struct options *o)
{
	long i, good = 0, started = 0;
	int door[2], status;
	char c;

	if (pipe(door) == -1)
		return 1;
	for (i = 0; i < o->processes; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			(void)close(door[1]);
			(void)!read(door[0], &c, 1);
			(void)close(door[0]);
			_exit(transactions(o));
		}
		started += pid > 0;
	}
	(void)close(door[0]);
	(void)close(door[1]);
	while (wait(&status) > 0)
		good += WIFEXITED(status) && WEXITSTATUS(status) == 0;
	printf("good %ld\n", good);
	return started == o->processes && good == started ? 0 : 1;
}

int
main(int argc, char **argv)
{
	struct options o = { .service = "login", .phases = "acs", .count = 1 };
	long start;
	int rc;

	if (parse(argc, argv, &o) != 0) {
		fprintf(stderr,
		    "usage: pamtx [-glmtv] [-j N] [-n N] "
		    "[-p PHASES] [-r REPLY] [-s SERVICE] "
		    "[-c DIR] USER\n");
		return 2;
	}
	/* The C library's own socket is not a leak of a module. */
	openlog("pamtx", LOG_NDELAY, LOG_AUTHPRIV);
	start = microseconds();
	rc = o.processes > 0 ? crowd(&o) : transactions(&o);
	if (o.timed)
		printf("us %ld\n", microseconds() - start);
	return rc;
}

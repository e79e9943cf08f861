/*
 * A whole host below a test's directory.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "tests/pam_host.h"

static char *
at(const struct pam_host *h, const char *name, char dst[FIXTURE_PATH])
{
	return fixture_path(h->f, name, dst);
}

static const char *
top_build(void)
{
	const char *s = getenv("AAS_TOP_BUILDDIR");

	return s != NULL ? s : ".";
}

int
pam_host_ready(void)
{
	char path[512];

	if (geteuid() != 0) {
		fprintf(stderr, "needs root\n");
		return 0;
	}
	(void)snprintf(
	    path, sizeof(path), "%s/pam_aas/.libs/pam_aas.so", top_build());
	if (access(path, R_OK) != 0) {
		fprintf(stderr, "%s is not built\n", path);
		return 0;
	}
	return 1;
}

/* A program of the build tree into the host, as root's own file. */
static void
install(struct pam_host *h, const char *from, const char *to)
{
	char src[512], cmd[1400], dst[FIXTURE_PATH];

	(void)snprintf(src, sizeof(src), "%s/%s", top_build(), from);
	(void)snprintf(
	    cmd, sizeof(cmd), "install -m 755 '%s' '%s'", src, at(h, to, dst));
	assert_int_equal(system(cmd), 0);
}

int
pam_host_setup(void **state)
{
	static const char *const dirs[] = { "state", "state/records",
		"state/index", "state/pins", "run", "libexec", "pam.d" };
	struct pam_host *h = calloc(1, sizeof(*h));
	char p[FIXTURE_PATH], abs[PATH_MAX];

	if (h == NULL || fixture_setup((void **)&h->f) != 0)
		return -1;
	(void)umask(022);
	(void)chmod(h->f->dir, 0755);
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		if (mkdir(at(h, dirs[i], p), 0755) != 0)
			return -1;
	if (realpath(top_build(), abs) == NULL)
		return -1;
	(void)snprintf(
	    h->module, sizeof(h->module), "%s/pam_aas/.libs/pam_aas.so", abs);
	at(h, "policy.bin", h->policy);
	at(h, "pam.d", h->confdir);
	install(h, "tests/fake_authn", "libexec/aas-authn");
	install(h, "tests/fake_authn", "libexec/aas-unlock");
	install(h, "tests/fake_authn", "libexec/aas-enroll");
	(void)snprintf(h->src.realm, sizeof(h->src.realm), "example.org");
	at(h, "state", h->src.statedir);
	at(h, "run", h->src.rundir);
	at(h, "libexec", h->src.libexecdir);
	h->src.uv = 1;
	h->src.timeout_s = 20;
	pam_host_policy(h);
	pam_host_service(h, "sudo", NULL);
	pam_host_service(h, "login", NULL);
	pam_host_service(h, "sshd", NULL);
	pam_host_service(h, "cron", NULL);
	*state = h;
	return 0;
}

int
pam_host_teardown(void **state)
{
	struct pam_host *h = *state;
	struct fixture *f = h->f;
	int r;

	*state = f;
	r = fixture_teardown(state);
	free(h);
	return r;
}

static void
put_file(const char *path, const void *p, size_t len, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, p, len), (ssize_t)len);
	assert_int_equal(close(fd), 0);
}

void
pam_host_policy(struct pam_host *h)
{
	struct aas_policy_source src = h->src;
	struct aas_rule *rules = calloc(src.rules_n + 2, sizeof(*rules));
	uint8_t *b = NULL;
	size_t n = 0;

	assert_non_null(rules);
	if (src.rules_n > 0)
		memcpy(rules, src.rules, src.rules_n * sizeof(*rules));
	src.rules = rules;
	if (h->required != NULL)
		rules[src.rules_n++] = (struct aas_rule){ .source = "settings",
			.name = "required_users",
			.where = "aas.conf",
			.mode = AAS_MODE_ENFORCE,
			.effect = AAS_EF_REQUIRE,
			.from_s = h->required_from_s,
			.users = { 1, &h->required } };
	if (h->exempt != NULL)
		rules[src.rules_n++] = (struct aas_rule){ .source = "settings",
			.name = "exempt_services",
			.where = "aas.conf",
			.mode = AAS_MODE_ENFORCE,
			.effect = AAS_EF_EXEMPT,
			.services = { 1, &h->exempt } };
	assert_int_equal(aas_policy_compile(&src, &b, &n), AAS_OK);
	free(rules);
	put_file(h->policy, b, n, 0644);
	free(b);
}

void
pam_host_rules(struct pam_host *h, const struct aas_rule *r, size_t n)
{
	h->src.rules = r;
	h->src.rules_n = n;
	pam_host_policy(h);
	h->src.rules = NULL;
	h->src.rules_n = 0;
}

uid_t
pam_host_uid(const char *user)
{
	const struct passwd *pw = getpwnam(user);

	assert_non_null(pw);
	return pw->pw_uid;
}

void
pam_host_index(struct pam_host *h, const char *user, unsigned state,
    void (*change)(struct aas_index *ix))
{
	struct aas_index ix = { .uid = pam_host_uid(user), .keys_n = 2 };
	struct aas_pin none = { .seq = 0 };
	uint8_t buf[AAS_INDEX_MAX];
	char name[64], p[FIXTURE_PATH];
	struct stat st;
	size_t n = 0;

	(void)snprintf(ix.user, sizeof(ix.user), "%s", user);
	(void)snprintf(ix.realm, sizeof(ix.realm), "example.org");
	ix.state = (uint8_t)state;
	ix.pin.seq = 1;
	memset(ix.pin.genesis, 1, sizeof(ix.pin.genesis));
	memset(ix.pin.head, 1, sizeof(ix.pin.head));
	for (int i = 0; i < 2; i++) {
		const char *label = i == 0 ? "blue" : "spare";

		ix.keys[i].active = 1;
		ix.keys[i].id[0] = (uint8_t)(i + 1);
		(void)snprintf(ix.keys[i].label, AAS_LABEL_MAX, "%s", label);
		ix.keys[i].ssh_len = (uint16_t)snprintf(
		    (char *)ix.keys[i].ssh, AAS_SSHPK_MAX, "%s-ssh", label);
	}
	(void)snprintf(name, sizeof(name), "state/records/%u", ix.uid);
	put_file(at(h, name, p), "record\n", 7, 0640);
	assert_int_equal(stat(p, &st), 0);
	aas_fileid_of(&st, &ix.file);
	if (change != NULL)
		change(&ix);
	(void)snprintf(name, sizeof(name), "state/index/%u", ix.uid);
	assert_int_equal(
	    aas_index_put(&ix, NULL, buf, sizeof(buf), &n), AAS_OK);
	put_file(at(h, name, p), buf, n, 0640);
	(void)snprintf(name, sizeof(name), "state/pins/%u", ix.uid);
	ix.pin.seq = 1;
	assert_int_equal(
	    aas_pin_put(&ix.pin, &none, buf, sizeof(buf), &n), AAS_OK);
	put_file(at(h, name, p), buf, n, 0640);
}

void
pam_host_enroll(struct pam_host *h, const char *user, unsigned state)
{
	pam_host_index(h, user, state, NULL);
}

void
pam_host_script(struct pam_host *h, unsigned op, const char *script)
{
	char name[64], p[FIXTURE_PATH];

	(void)snprintf(name, sizeof(name),
	    op != 0 ? "libexec/script.%u" : "libexec/script", op);
	put_file(at(h, name, p), script, strlen(script), 0644);
}

int
pam_host_logged(struct pam_host *h, const char *text)
{
	char p[FIXTURE_PATH], line[4096];
	FILE *f = fopen(at(h, "libexec/log", p), "re");
	int n = 0;

	if (f == NULL)
		return 0;
	while (fgets(line, sizeof(line), f) != NULL)
		n += strstr(line, text) != NULL;
	(void)fclose(f);
	return n;
}

void
pam_host_forget(struct pam_host *h)
{
	char p[FIXTURE_PATH];

	(void)unlink(at(h, "libexec/log", p));
}

void
pam_host_service(struct pam_host *h, const char *name, const char *lines)
{
	static const char all[] = "auth required MODULE\n"
				  "account required MODULE\n"
				  "session required MODULE\n"
				  "password required MODULE\n";
	char file[128], p[FIXTURE_PATH], text[32768];
	const char *s = lines != NULL ? lines : all, *m;
	size_t n = 0;

	while ((m = strstr(s, "MODULE")) != NULL) {
		n += (size_t)snprintf(text + n, sizeof(text) - n,
		    "%.*s%s aas1 conf=%s", (int)(m - s), s, h->module,
		    h->policy);
		s = m + 6;
	}
	n += (size_t)snprintf(text + n, sizeof(text) - n, "%s", s);
	(void)snprintf(file, sizeof(file), "pam.d/%s", name);
	put_file(at(h, file, p), text, n, 0644);
}

static char *
reply(const struct talk *t)
{
	char *s = NULL;

	switch (t->how) {
	case TALK_NOTEXT:
		return NULL;
	case TALK_HUGE:
		s = malloc(1000001);
		memset(s, 'x', 1000000);
		s[1000000] = '\0';
		return s;
	case TALK_LONG:
	case TALK_MAX:
		s = malloc(300);
		memset(s, 'x', 299);
		s[t->how == TALK_LONG ? 256 : 255] = '\0';
		return s;
	case TALK_OPEN:
		s = malloc(24); /* all there is: malloc_usable_size() */
		memset(s, 'x', 24);
		return s;
	case TALK_NORMAL:
	case TALK_NULL:
	case TALK_ERROR:
	case TALK_NOREPLY:
	case TALK_CHATTY:
	default:
		return strdup(t->answer != NULL ? t->answer : "");
	}
}

static int
talk(int n, const struct pam_message **msg, struct pam_response **resp,
    void *arg)
{
	struct talk *t = arg;
	int ask = 0;

	if (n != 1)
		return PAM_CONV_ERR;
	(void)snprintf(t->last, sizeof(t->last), "%s", msg[0]->msg);
	switch (msg[0]->msg_style) {
	case PAM_TEXT_INFO:
		t->infos++;
		break;
	case PAM_ERROR_MSG:
		t->errors++;
		(void)snprintf(t->error, sizeof(t->error), "%s", msg[0]->msg);
		break;
	case PAM_PROMPT_ECHO_OFF:
		t->secrets++;
		ask = 1;
		break;
	case PAM_PROMPT_ECHO_ON:
		t->asks++;
		ask = 1;
		break;
	default:
		return PAM_CONV_ERR;
	}
	if (t->how == TALK_ERROR)
		return PAM_CONV_ERR;
	if (t->how == TALK_NOREPLY || (!ask && t->how != TALK_CHATTY))
		return PAM_SUCCESS;
	if ((*resp = calloc(1, sizeof(**resp))) == NULL)
		return PAM_BUF_ERR;
	(*resp)->resp = reply(t);
	return PAM_SUCCESS;
}

pam_handle_t *
pam_host_start(
    struct pam_host *h, const char *service, const char *user, struct talk *t)
{
	struct pam_conv conv = { .conv = t->how == TALK_NULL ? NULL : talk,
		.appdata_ptr = t };
	pam_handle_t *pamh = NULL;

	t->infos = t->errors = t->secrets = t->asks = 0;
	t->last[0] = t->error[0] = '\0';
	assert_int_equal(
	    pam_start_confdir(service, user, &conv, h->confdir, &pamh),
	    PAM_SUCCESS);
	return pamh;
}

int
pam_host_auth(
    struct pam_host *h, const char *service, const char *user, struct talk *t)
{
	pam_handle_t *pamh = pam_host_start(h, service, user, t);
	int rv = pam_authenticate(pamh, 0);

	(void)pam_end(pamh, rv);
	return rv;
}

int
pam_host_account(
    struct pam_host *h, const char *service, const char *user, struct talk *t)
{
	pam_handle_t *pamh = pam_host_start(h, service, user, t);
	int rv = pam_acct_mgmt(pamh, 0);

	(void)pam_end(pamh, rv);
	return rv;
}

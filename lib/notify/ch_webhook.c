/*
 * A POST of the numbered line to an https address, by curl(1).
 *
 * 1. The secret MUST NOT leave this process; what curl gets is the signature.
 *    The address, which may hold a token, MUST NOT stand in its arguments.
 * 2. Only https, to the host of the address: no proxy, no redirection, no
 *    other protocol, no file of the user's, and where ca_file is set no other
 *    authority.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "lib/hex.h"
#include "lib/notify/channel.h"

#define CURL       "/usr/bin/curl"
#define SECRET_MAX 4096
#define CA_MAX     (1024 * 1024)
#define HTTP       "aas-http="

int
aas_hook_sign(const void *secret, size_t n, int64_t now_s, const char *line,
    size_t len, char hex[65])
{
	uint8_t mac[32];
	char text[AAS_ALERT_MAX + 32];
	unsigned mac_n = 0;
	int k = snprintf(
	    text, sizeof(text), "%" PRId64 ".%.*s", now_s, (int)len, line);

	if (k < 0 || (size_t)k >= sizeof(text) || n > SECRET_MAX ||
	    HMAC(EVP_sha256(), secret, (int)n, (unsigned char *)text, (size_t)k,
		mac, &mac_n) == NULL ||
	    mac_n != sizeof(mac))
		return AAS_ERR_CRYPTO;
	aas_hex_format(mac, sizeof(mac), hex);
	return AAS_OK;
}

/* The signature's header, or nothing. */
static int
sign(const struct aas_send *s, const struct aas_alerts_hook *h, char *dst,
    size_t cap)
{
	struct aas_buf secret = { NULL, 0 };
	char hex[65];
	int r = AAS_OK;

	dst[0] = '\0';
	if (h == NULL || h->secret_file[0] == '\0')
		return AAS_OK;
	r = aas_fs_read_path(h->secret_file, 0, 077, SECRET_MAX, &secret, NULL);
	if (r != AAS_OK)
		return r;
	while (secret.len > 0 &&
	    (secret.p[secret.len - 1] == '\n' ||
		secret.p[secret.len - 1] == '\r'))
		secret.len--;
	r = secret.len >= 16 ? aas_hook_sign(secret.p, secret.len, s->now_s,
				   s->line, s->len, hex)
			     : AAS_ERR_FORMAT;
	if (r == AAS_OK)
		(void)snprintf(
		    dst, cap, "header = \"X-AAS-Signature: sha256=%s\"\n", hex);
	explicit_bzero(secret.p, secret.len);
	aas_buf_free(&secret);
	return r;
}

/* Nothing in it needs an escape: all was checked when it was read. */
static int
settings(const struct aas_send *s, const struct aas_target *t,
    const char *signature, char *dst, size_t cap)
{
	const struct aas_alerts_hook *h = t->hook;
	int ca = h != NULL && h->ca_file[0] != '\0';
	int pin = h != NULL && h->pin[0] != '\0';
	int n = snprintf(dst, cap,
	    "url = \"%s\"\nproto = \"=https\"\nnoproxy = \"*\"\n"
	    "globoff\ntlsv1.2\nsilent\nshow-error\nmax-redirs = 0\n"
	    "max-time = %" PRIu32 "\noutput = \"/dev/null\"\n"
	    "write-out = \"" HTTP "%%{http_code};\"\n"
	    "user-agent = \"pam_aas\"\ndata-binary = \"@-\"\n"
	    "header = \"Content-Type: application/json\"\n"
	    "header = \"Expect:\"\nheader = \"X-AAS-Id: %s\"\n"
	    "header = \"X-AAS-Timestamp: %" PRId64 "\"\n%s%s%s%s%s",
	    t->to, s->conf->timeout_s, s->a->id, s->now_s, signature,
	    ca ? "cacert = \"/dev/fd/4\"\ncapath = \"/dev/null/none\"\n" : "",
	    pin ? "pinnedpubkey = \"" : "", pin ? h->pin : "",
	    pin ? "\"\n" : "");

	return n < 0 || (size_t)n >= cap ? AAS_ERR_TOOBIG : AAS_OK;
}

static int
authority(const struct aas_alerts_hook *h, int *fd)
{
	struct aas_buf ca = { NULL, 0 };
	int r = AAS_OK;

	if (h == NULL || h->ca_file[0] == '\0')
		return AAS_OK;
	r = aas_fs_read_path(h->ca_file, 0, 022, CA_MAX, &ca, NULL);
	if (r == AAS_OK)
		r = aas_job_file(ca.p, ca.len, fd);
	aas_buf_free(&ca);
	return r;
}

static int
prepare(const struct aas_send *s, struct aas_target *t, struct aas_job *j)
{
	static char args[][16] = { CURL, "-q", "-K", "/dev/fd/3" };
	char signature[160];
	char text[4096];
	int r = sign(s, t->hook, signature, sizeof(signature));

	if (r == AAS_OK)
		r = settings(s, t, signature, text, sizeof(text));
	if (r == AAS_OK)
		r = aas_job_file(text, strlen(text), &j->extra[0]);
	if (r == AAS_OK)
		r = authority(t->hook, &j->extra[1]);
	if (r == AAS_OK)
		r = aas_job_file(s->line, s->len, &j->in);
	j->as = AAS_JOB_NOBODY;
	for (size_t i = 0; i < sizeof(args) / sizeof(args[0]); i++)
		j->argv[i] = args[i];
	return r;
}

static enum aas_sent
judge(const struct aas_job *j)
{
	const char *p = strstr(j->out, HTTP);

	return j->status == 0 && p != NULL && p[sizeof(HTTP) - 1] == '2'
	    ? AAS_SENT
	    : AAS_SENT_AGAIN;
}

const struct aas_channel aas_ch_webhook = {
	.name = "webhook", .lasting = 1, .prepare = prepare, .judge = judge
};

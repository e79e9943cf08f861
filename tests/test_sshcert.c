/*
 * The authority in an OpenSSH certificate.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/b64.h"
#include "lib/err.h"
#include "lib/sshcert.h"
#include "lib/wire.h"
#include "tests/fixture.h"

/* ssh-keygen -s ca -I id -n alice u.pub */
static const char real_cert[] =
    "AAAAKGVjZHNhLXNoYTItbmlzdHAyNTYtY2VydC12MDFAb3BlbnNzaC5jb20A"
    "AAAgesAYn8+ntEfqtL65mjsknDzalBD/XlyS73BMo6iqo+UAAAAIbmlzdHAy"
    "NTYAAABBBJXZkDLlpU/VMz5IajWBzLhuA8ZgG1dWSkfqY9pZnleIGaqzYkRM"
    "nxuKDNEp1eHHYcWr4TLjtZgYgwT1vA9eSmAAAAAAAAAAAAAAAAEAAAACaWQA"
    "AAAJAAAABWFsaWNlAAAAAGsDkIgAAAAAawTibwAAAAAAAACCAAAAFXBlcm1p"
    "dC1YMTEtZm9yd2FyZGluZwAAAAAAAAAXcGVybWl0LWFnZW50LWZvcndhcmRp"
    "bmcAAAAAAAAAFnBlcm1pdC1wb3J0LWZvcndhcmRpbmcAAAAAAAAACnBlcm1p"
    "dC1wdHkAAAAAAAAADnBlcm1pdC11c2VyLXJjAAAAAAAAAAAAAAAzAAAAC3Nz"
    "aC1lZDI1NTE5AAAAIHGENBwNrsF6bh2fEnKHgSUClr/CgUEjKos6xCV86oRU"
    "AAAAUwAAAAtzc2gtZWQyNTUxOQAAAEDgHLN7zObuXmn61XOWxxBuJheGKuPN"
    "x4bMCgXxDwY47dc0DsuEOg+aUrrlVFS8T+7xZm8AV1DwUxR5jUdBl6IJ";
static const char real_ca[] =
    "AAAAC3NzaC1lZDI1NTE5AAAAIHGENBwNrsF6bh2fEnKHgSUClr/CgUEjKos6"
    "xCV86oRU";

static void
str(struct aas_wr *w, const char *s)
{
	aas_wr_u32(w, (uint32_t)strlen(s));
	aas_wr_raw(w, s, strlen(s));
}

/* A certificate of ${kind}, with ${keys} strings as key. */
static size_t
make(uint8_t buf[1024], const char *kind, int keys, uint32_t type,
    const char *ca)
{
	struct aas_wr w;
	size_t n = 0;

	aas_wr_init(&w, buf, 1024);
	str(&w, kind);
	str(&w, "nonce");
	while (keys-- > 0)
		str(&w, "key");
	aas_wr_u64(&w, 7);
	aas_wr_u32(&w, type);
	str(&w, "id");
	str(&w, "");
	aas_wr_u64(&w, 0);
	aas_wr_u64(&w, UINT64_MAX);
	str(&w, "");
	str(&w, "");
	str(&w, "");
	str(&w, ca);
	str(&w, "signature");
	assert_int_equal(aas_wr_end(&w, &n), AAS_OK);
	return n;
}

static const struct {
	const char *name;
	int keys;
} kinds[] = {
	{ "ssh-ed25519-cert-v01@openssh.com", 1 },
	{ "sk-ssh-ed25519-cert-v01@openssh.com", 2 },
	{ "ecdsa-sha2-nistp256-cert-v01@openssh.com", 2 },
	{ "ecdsa-sha2-nistp384-cert-v01@openssh.com", 2 },
	{ "ecdsa-sha2-nistp521-cert-v01@openssh.com", 2 },
	{ "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com", 3 },
	{ "ssh-rsa-cert-v01@openssh.com", 2 },
};

static void
sshcert_of_ssh_keygen_gives_its_authority(void **state)
{
	uint8_t cert[1024], want[128];
	size_t n = 0, want_n = 0, ca_n = 0;
	const uint8_t *ca = NULL;

	(void)state;
	assert_int_equal(
	    aas_b64_parse(real_cert, strlen(real_cert), cert, sizeof(cert), &n),
	    AAS_OK);
	assert_int_equal(aas_b64_parse(real_ca, strlen(real_ca), want,
			     sizeof(want), &want_n),
	    AAS_OK);
	assert_int_equal(aas_sshcert_ca(cert, n, &ca, &ca_n), AAS_OK);
	assert_int_equal(ca_n, want_n);
	assert_memory_equal(ca, want, want_n);
	/* And of the authority's own key: no certificate. */
	assert_int_equal(
	    aas_sshcert_ca(want, want_n, &ca, &ca_n), AAS_ERR_NOTFOUND);
}

static void
sshcert_each_kind_gives_its_authority(void **state)
{
	uint8_t buf[1024];
	const uint8_t *ca = NULL;
	size_t n = 0, ca_n = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		n = make(buf, kinds[i].name, kinds[i].keys, 1, "authority");
		assert_int_equal(aas_sshcert_ca(buf, n, &ca, &ca_n), AAS_OK);
		assert_int_equal(ca_n, 9);
		assert_memory_equal(ca, "authority", 9);
		/* One part more or less is another layout. */
		for (int d = -1; d <= 1; d += 2) {
			n = make(buf, kinds[i].name, kinds[i].keys + d, 1, "x");
			assert_int_equal(
			    aas_sshcert_ca(buf, n, &ca, &ca_n), AAS_ERR_FORMAT);
		}
	}
}

static void
sshcert_cut_or_longer_is_refused(void **state)
{
	uint8_t buf[1025];
	const uint8_t *ca = NULL;
	size_t n = make(buf, kinds[0].name, 1, 1, "authority"), ca_n = 0;

	(void)state;
	for (size_t cut = 0; cut < n; cut++) {
		uint8_t *copy = malloc(cut > 0 ? cut : 1);

		memcpy(copy, buf, cut);
		assert_int_equal(
		    aas_sshcert_ca(copy, cut, &ca, &ca_n), AAS_ERR_FORMAT);
		free(copy);
	}
	assert_int_equal(
	    aas_sshcert_ca(buf, n + 1, &ca, &ca_n), AAS_ERR_FORMAT);
	assert_int_equal(aas_sshcert_ca(buf, AAS_SSHCERT_MAX + 1, &ca, &ca_n),
	    AAS_ERR_FORMAT);
	assert_null(ca);
}

static void
sshcert_of_host_or_unknown_kind_is_refused(void **state)
{
	uint8_t buf[1024];
	const uint8_t *ca = NULL;
	size_t n = 0, ca_n = 0;

	(void)state;
	n = make(buf, kinds[0].name, 1, 2, "authority");
	assert_int_equal(aas_sshcert_ca(buf, n, &ca, &ca_n), AAS_ERR_FORMAT);
	n = make(buf, kinds[0].name, 1, 0, "authority");
	assert_int_equal(aas_sshcert_ca(buf, n, &ca, &ca_n), AAS_ERR_FORMAT);
	n = make(buf, kinds[0].name, 1, 1, "");
	assert_int_equal(aas_sshcert_ca(buf, n, &ca, &ca_n), AAS_ERR_FORMAT);
	n = make(buf, "ssh-new-cert-v01@openssh.com", 1, 1, "authority");
	assert_int_equal(aas_sshcert_ca(buf, n, &ca, &ca_n), AAS_ERR_FORMAT);
	n = make(buf, "ssh-ed25519", 1, 1, "authority");
	assert_int_equal(aas_sshcert_ca(buf, n, &ca, &ca_n), AAS_ERR_NOTFOUND);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(sshcert_of_ssh_keygen_gives_its_authority),
		FIXTURE_TEST(sshcert_each_kind_gives_its_authority),
		FIXTURE_TEST(sshcert_cut_or_longer_is_refused),
		FIXTURE_TEST(sshcert_of_host_or_unknown_kind_is_refused),
	};

	return cmocka_run_group_tests_name("sshcert", tests, NULL, NULL);
}

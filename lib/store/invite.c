/*
 * One-time tickets, by which root lets a user enrol.
 *
 * 1. Only the hash MUST be stored: who reads the store cannot enrol.
 * 2. A ticket MUST be gone from the disk before what it allows is written.
 */
#include <sys/random.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/assertion.h"
#include "lib/err.h"
#include "lib/secret.h"
#include "lib/store/parts.h"
#include "lib/wire.h"

#define MAGIC        "AASINV01"
#define MAGIC_LEN    8
#define DOMAIN       "aas-invite-v1" /* with its NUL */
#define TICKET_LEN   16
#define TICKET_CHARS 26
#define FILE_LEN     (MAGIC_LEN + 32 + 8 + 4)

static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";

static void
format(const uint8_t b[TICKET_LEN], char text[AAS_TICKET_TEXT])
{
	for (unsigned i = 0; i < TICKET_CHARS; i++) {
		unsigned v = 0;

		for (unsigned bit = i * 5; bit < i * 5 + 5; bit++)
			v = v << 1 |
			    (bit < TICKET_LEN * 8
				    ? (unsigned)(b[bit / 8] >> (7 - bit % 8)) &
					1u
				    : 0);
		*text++ = digits[v];
	}
	*text = '\0';
}

static int
parse(const char *text, uint8_t b[TICKET_LEN])
{
	unsigned n = 0;

	memset(b, 0, TICKET_LEN);
	for (; *text != '\0'; text++) {
		const char *at = NULL;
		char c = *text;

		if (c == ' ' || c == '-')
			continue;
		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (n == TICKET_CHARS || (at = strchr(digits, c)) == NULL)
			return AAS_ERR_PERMS;
		for (unsigned k = 0; k < 5; k++) {
			unsigned bit = n * 5 + k;
			unsigned v = (unsigned)(at - digits) >> (4 - k) & 1u;

			if (bit < TICKET_LEN * 8)
				b[bit / 8] |= (uint8_t)(v << (7 - bit % 8));
			else if (v != 0)
				return AAS_ERR_PERMS;
		}
		n++;
	}
	return n == TICKET_CHARS ? AAS_OK : AAS_ERR_PERMS;
}

static int
digest(uint32_t uid, const uint8_t b[TICKET_LEN], uint8_t hash[32])
{
	const uint8_t id[4] = { (uint8_t)(uid >> 24), (uint8_t)(uid >> 16),
		(uint8_t)(uid >> 8), (uint8_t)uid };

	return aas_sha256(
	    DOMAIN, sizeof(DOMAIN), id, sizeof(id), b, TICKET_LEN, hash);
}

int
aas_store_invite(struct aas_store *s, uint32_t uid, int64_t expires_s,
    char ticket[AAS_TICKET_TEXT])
{
	uint8_t b[TICKET_LEN];
	uint8_t hash[32];
	uint8_t buf[FILE_LEN];
	char file[16];
	struct aas_wr w;
	size_t len = 0;
	int r = AAS_ERR_SYS;

	if (s->invites < 0)
		return AAS_ERR_PERMS;
	if (getrandom(b, sizeof(b), 0) != (ssize_t)sizeof(b))
		return AAS_ERR_SYS;
	if ((r = digest(uid, b, hash)) != AAS_OK)
		goto out;
	aas_wr_init(&w, buf, sizeof(buf));
	aas_wr_raw(&w, MAGIC, MAGIC_LEN);
	aas_wr_raw(&w, hash, sizeof(hash));
	aas_wr_u64(&w, (uint64_t)expires_s);
	aas_wr_u32(&w, aas_crc32(buf, FILE_LEN - 4));
	if ((r = aas_wr_end(&w, &len)) != AAS_OK)
		goto out;
	aas_store_file(uid, file);
	r = aas_fs_replace(
	    s->invites, file, buf, len, (uid_t)-1, (gid_t)-1, 0600);
	if (r == AAS_OK)
		format(b, ticket);
out:
	explicit_bzero(b, sizeof(b));
	return r;
}

int
aas_invite_check(struct aas_store *s, uint32_t uid, const char *ticket,
    const struct aas_now *now)
{
	uint8_t b[TICKET_LEN];
	uint8_t hash[32];
	uint8_t want[32];
	char magic[MAGIC_LEN];
	char file[16];
	struct aas_buf buf = { NULL, 0 };
	struct aas_rd rd;
	int64_t expires = 0;
	int r = AAS_ERR_PERMS;

	if (ticket == NULL || s->invites < 0)
		return AAS_ERR_PERMS;
	aas_store_file(uid, file);
	if (parse(ticket, b) != AAS_OK || digest(uid, b, hash) != AAS_OK ||
	    aas_fs_read(s->invites, file, s->owner, 077, FILE_LEN, &buf,
		NULL) != AAS_OK)
		goto out;
	if (buf.len != FILE_LEN)
		goto out;
	aas_rd_init(&rd, buf.p, buf.len);
	aas_rd_raw(&rd, magic, sizeof(magic));
	aas_rd_raw(&rd, want, sizeof(want));
	expires = (int64_t)aas_rd_u64(&rd);
	if (aas_rd_u32(&rd) != aas_crc32(buf.p, buf.len - 4) ||
	    aas_rd_end(&rd) != AAS_OK ||
	    memcmp(magic, MAGIC, sizeof(magic)) != 0)
		goto out;
	if (aas_mem_equal(hash, want, sizeof(want)) && now->real_s < expires)
		r = AAS_OK;
out:
	aas_buf_free(&buf);
	explicit_bzero(b, sizeof(b));
	return r;
}

int
aas_invite_spend(struct aas_store *s, uint32_t uid)
{
	char file[16];

	aas_store_file(uid, file);
	if (unlinkat(s->invites, file, 0) == -1 || fsync(s->invites) == -1)
		return AAS_ERR_SYS;
	return AAS_OK;
}

/*
 * What a look at a user's files leaves to be written: state, pin, index.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "lib/err.h"
#include "lib/log.h"
#include "lib/store/parts.h"

/* Which file the pin is now: while it is that one, nobody has to read it. */
static void
note_pinfile(struct aas_store *s, const char *file, struct aas_index *ix)
{
	struct stat st;

	memset(&ix->pinfile, 0, sizeof(ix->pinfile));
	if (s->pins >= 0 &&
	    fstatat(s->pins, file, &st, AT_SYMLINK_NOFOLLOW) == 0)
		aas_fileid_of(&st, &ix->pinfile);
}

void
aas_look_index(struct aas_store *s, const char *file, struct aas_look *lk)
{
	struct aas_buf b = { NULL, 0 };
	struct aas_index old;
	struct aas_index new;
	uint8_t buf[AAS_INDEX_MAX];
	size_t len = 0;

	note_pinfile(s, file, &lk->ix);
	new = lk->ix;
	lk->dirty_index = 1;
	if (s->index < 0 ||
	    aas_fs_read(s->index, file, s->owner, 027, AAS_INDEX_MAX, &b,
		NULL) != AAS_OK ||
	    aas_index_get(b.p, b.len, &old, NULL) != AAS_OK)
		goto out;
	if (llabs(old.deadline_s - new.deadline_s) <= 2)
		new.deadline_s = old.deadline_s;
	if (llabs(old.refresh_s - new.refresh_s) <= 2)
		new.refresh_s = old.refresh_s;
	if (aas_index_put(&new, lk->creds, buf, sizeof(buf), &len) == AAS_OK &&
	    len == b.len && memcmp(buf, b.p, len) == 0) {
		lk->ix = new;
		lk->dirty_index = 0;
	}
out:
	aas_buf_free(&b);
}

int
aas_pin_write(struct aas_store *s, const char *file, const struct aas_pin *pin,
    const struct aas_pin *next)
{
	static const struct aas_pin none;
	uint8_t buf[AAS_PIN_MAX];
	size_t len = 0;
	int r = aas_pin_put(
	    pin, next == NULL ? &none : next, buf, sizeof(buf), &len);

	if (r != AAS_OK)
		return r;
	return aas_fs_replace(s->pins, file, buf, len, (uid_t)-1, s->gid, 0640);
}

static int
write_index(struct aas_store *s, const char *file, struct aas_look *lk)
{
	uint8_t buf[AAS_INDEX_MAX];
	size_t len = 0;
	int r = AAS_ERR_SYS;

	note_pinfile(s, file, &lk->ix);
	r = aas_index_put(&lk->ix, lk->creds, buf, sizeof(buf), &len);
	if (r != AAS_OK)
		return r;
	return aas_fs_replace(
	    s->index, file, buf, len, (uid_t)-1, s->gid, 0640);
}

void
aas_look_save(struct aas_store *s, uint32_t uid, struct aas_look *lk)
{
	char file[16];
	int r = AAS_OK;

	aas_store_file(uid, file);
	/* Holds before the pin: once pinned, an entry is no longer news. */
	if (lk->dirty_state && (r = aas_hoststate_write(s, file, &lk->hs)) == 0)
		lk->dirty_state = 0;
	if (r == AAS_OK && lk->dirty_pin &&
	    (r = aas_pin_write(s, file, &lk->rec->pin, NULL)) == 0)
		lk->dirty_pin = 0;
	if (r == AAS_OK && lk->dirty_index &&
	    (r = write_index(s, file, lk)) == 0)
		lk->dirty_index = 0;
	if (r != AAS_OK)
		aas_log(LOG_WARNING, "uid=%u store not written: %s", uid,
		    strerror(errno));
}

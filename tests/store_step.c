/*
 * One step of a store, for tests/it_store_faults.sh to kill or starve.
 *
 *	store_step make DIR KIND   a store in DIR/aas, and in DIR/line the entry
 *	                           that KIND asks for: genesis (without
 *	                           authority), replace (a held one, with
 *	                           authority), add (a third key, by one key) or
 *	                           suspend
 *	store_step append DIR KIND append DIR/line
 *	... KIND DAYS              that many days ago by the clock of the host
 *	store_step show DIR        print what the user's state is now
 *	store_step put DIR N       store N as a counter; store_step get DIR
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "lib/log.h"
#include "lib/reason.h"
#include "lib/store/store.h"
#include "tests/signer.h"

#define USER_ID   1000
#define USER_NAME "alice"

static const uint8_t key[32] = { 7 };
static struct aas_now now = { .real_s = 1780000000,
	.boottime_ms = 1000000,
	.boot_id = { 1 },
	.synced = 1 };

static long days_ago;

static void
silent(int priority, const char *line)
{
	(void)priority;
	(void)line;
}

static int
append(struct aas_store *s, const char *line, enum aas_authority authority)
{
	unsigned why = 0;

	return aas_store_append(
	    s, USER_ID, USER_NAME, line, authority, NULL, &now, NULL, &why);
}

static char *
next_line(struct aas_store *s, const char *kind, struct signer *k)
{
	static struct aas_entry e;
	struct signer *by[2] = { &k[0], &k[1] };
	struct chain ch;
	char *line = NULL;

	chain_init(&ch, USER_NAME, USER_ID);
	line = chain_genesis(&ch, by, 2, NULL);
	if (strcmp(kind, "genesis") == 0)
		return line;
	if (strcmp(kind, "replace") == 0) {
		if (append(s, line, AAS_AUTH_NONE) != AAS_OK)
			exit(1);
		free(line);
		chain_free(&ch);
		by[1] = &k[2];
		chain_init(&ch, USER_NAME, USER_ID);
		line = chain_genesis(&ch, by, 2, NULL);
		chain_free(&ch);
		return line;
	}
	if (append(s, line, AAS_AUTH_HOST) != AAS_OK)
		exit(1);
	chain_add(&ch, line);
	free(line);
	if (strcmp(kind, "add") == 0) {
		by[1] = &k[2];
		chain_entry(&ch, AAS_T_ADD_KEY, &e);
		e.keys_n = 1;
		e.keys[0] = k[2].key;
		line = chain_sign(&e, by, 2, NULL);
	} else {
		chain_entry(&ch, AAS_T_SUSPEND_KEY, &e);
		if (days_ago != 0)
			e.time_s = now.real_s - days_ago * INT64_C(86400);
		if (aas_key_id(&k[1].key.login, e.key) != AAS_OK)
			exit(1);
		line = chain_sign(&e, by, 1, NULL);
	}
	chain_free(&ch);
	return line;
}

static int
make(struct aas_store *s, const char *path, const char *kind)
{
	static const char *const label[3] = { "blue", "spare", "third" };
	struct signer k[3];
	char *line = NULL;
	FILE *f = NULL;

	for (int i = 0; i < 3; i++) {
		signer_new(&k[i], label[i], SIGNER_REALM, AAS_ALG_ES256);
		k[i].counter = 10;
	}
	line = next_line(s, kind, k);
	if ((f = fopen(path, "we")) == NULL || fputs(line, f) == EOF ||
	    fclose(f) == EOF)
		return 1;
	free(line);
	for (int i = 0; i < 3; i++)
		signer_free(&k[i]);
	return 0;
}

static int
show(struct aas_store *s, const char *dir)
{
	struct aas_record *rec = NULL;
	struct aas_index ix;
	struct aas_index seen;
	unsigned why = 0;
	int before = aas_index_load(dir, USER_ID, USER_NAME, now.real_s, &seen);
	int r = aas_store_load(s, USER_ID, USER_NAME, &now, &rec, &ix, &why);

	if (r == AAS_ERR_NOTFOUND) {
		if (before != AAS_ERR_NOTFOUND && before != AAS_ERR_AGAIN)
			printf("index=%d ", before);
		puts("none");
		return 0;
	}
	if (r != AAS_OK) {
		printf("bad %s\n", aas_strerror(r));
		return 1;
	}
	/* The module said the same, or asked. */
	if (before != AAS_ERR_AGAIN &&
	    (before != AAS_OK || seen.state != ix.state))
		printf("index=%d,%s ", before, aas_state_name(seen.state));
	printf("%s active=%u pending=%u\n", aas_state_name(ix.state),
	    aas_record_active(rec), rec->pending_n);
	aas_record_free(&rec);
	return 0;
}

static int
run(struct aas_store *s, int argc, char **argv, const char *dir,
    const char *path)
{
	struct aas_buf b = { NULL, 0 };
	uint32_t issued = 0;
	int refused = 0;
	int r = 1;

	if (strcmp(argv[1], "make") == 0)
		return make(s, path, argv[3]);
	if (strcmp(argv[1], "show") == 0)
		return show(s, dir);
	if (strcmp(argv[1], "get") == 0) {
		r = aas_store_counter_get(s, USER_ID, key, &issued, &refused);
		printf("%u %d\n", issued, refused);
		return r != AAS_OK;
	}
	if (strcmp(argv[1], "put") == 0)
		return aas_store_counter_put(s, USER_ID, key, 0,
			   (uint32_t)strtoul(argv[3], NULL, 10)) != AAS_OK;
	if (strcmp(argv[1], "append") != 0 ||
	    aas_fs_read_path(path, 0, 0, AAS_LINE_MAX, &b, NULL) != AAS_OK)
		return 1;
	r = append(s, (const char *)b.p,
	    argc > 3 && strcmp(argv[3], "replace") == 0 ? AAS_AUTH_HOST
							: AAS_AUTH_NONE);
	aas_buf_free(&b);
	return r != AAS_OK;
}

int
main(int argc, char **argv)
{
	struct aas_store *s = NULL;
	char dir[256];
	char path[256];
	int r = 1;

	aas_log_sink(silent);
	if (argc < 3 || ((argv[1][0] == 'm' || argv[1][0] == 'p') && argc < 4))
		return 2;
	if (argc > 4) {
		days_ago = strtol(argv[4], NULL, 10);
		now.real_s = time(NULL);
	}
	(void)snprintf(dir, sizeof(dir), "%s/aas", argv[2]);
	(void)snprintf(path, sizeof(path), "%s/line", argv[2]);
	if (aas_store_open(dir, argv[1][0] == 'm', &s) != AAS_OK)
		return 3;
	r = run(s, argc, argv, dir, path);
	aas_store_close(&s);
	return r;
}

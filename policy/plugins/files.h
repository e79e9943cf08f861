#ifndef AAS_POLICY_PLUGINS_FILES_H
#define AAS_POLICY_PLUGINS_FILES_H

#include <stddef.h>
#include <stdint.h>

/*
 * What a file says, as one number: fed with the same parts by a scanner of
 * our own and from libconfig's tree, so that a setting that libconfig lost or
 * changed shows.
 */
struct files_sum {
	uint64_t hash;
	uint64_t parts;
};

#define FILES_SUM_INIT                 \
	{                              \
		0xcbf29ce484222325u, 0 \
	}

/* files_sum(s, kind, p, len): one part. */
void files_sum(struct files_sum *s, char kind, const void *p, size_t len);

/* The kinds of parts. */
#define FILES_NAME   'N'
#define FILES_GROUP  '{'
#define FILES_LIST   '('
#define FILES_ARRAY  '['
#define FILES_END    'e'
#define FILES_STRING 'S'
#define FILES_INT    'I' /* its decimal digits, no plus, no zero in front */
#define FILES_BOOL   'B' /* "0", "1" */
#define FILES_OTHER  'o' /* a number of another type */

struct files_scan {
	struct files_sum sum;
	uint32_t rules; /* groups in lists at the top */
	uint32_t line;  /* of what is wrong */
	const char *what;
};

/*
 * files_scan(text, len, &s):
 * Read libconfig's syntax as far as its parts go; the text has been guarded.
 * Returns 0; -1 with ${what} and ${line} if something is over a cap, or of a
 * form that libconfig reads otherwise than it looks.
 */
int files_scan(const char *text, size_t len, struct files_scan *s);

/*
 * Names seen, and where.  files_names_add() returns 0 if it is new, 1 with
 * ${at} where it was seen first, -1 without memory.
 */
struct files_names;
struct files_place {
	const char *file; /* borrowed from the caller */
	uint32_t line;
};
struct files_names *files_names_new(void);
int files_names_add(struct files_names *n, const char *name,
    const struct files_place *here, struct files_place *at);
void files_names_free(struct files_names *n);

#endif

#ifndef AAS_POLICY_PLUGINS_FILES_H
#define AAS_POLICY_PLUGINS_FILES_H

#include <stddef.h>
#include <stdint.h>

/*
 * A reader of libconfig's syntax, as far as rules need it: it builds what one
 * rule says and forgets it again, so that the size of a file is no size of
 * memory.  What it takes libconfig reads the same; what is odd (a text over
 * the end of its line, escapes other than of a quote and a backslash) it does
 * not take.
 */
enum files_kind {
	FILES_TEXT,
	FILES_NUMBER, /* of up to nine digits */
	FILES_BOOL,
	FILES_OTHER, /* a number of another type */
	FILES_GROUP,
	FILES_ARRAY,
	FILES_LIST
};

#define FILES_NONE UINT32_MAX

struct files_node {
	uint8_t kind;     /* enum files_kind */
	int number;       /* FILES_NUMBER; FILES_BOOL: 0, 1 */
	uint32_t line;    /* where its name is, else itself */
	uint32_t n;       /* entries of it */
	uint32_t first;   /* one of them, or FILES_NONE */
	uint32_t next;    /* the next of those it is one of, or FILES_NONE */
	const char *name; /* of a setting; NULL in a list; in the text */
	const char *text; /* FILES_TEXT; in the text */
};

struct files_reader {
	char *p, *end; /* what is left */
	uint32_t line;
	unsigned depth;
	uint32_t n, cap;
	struct files_node *node; /* moves as it grows */
	const char *what;        /* what is wrong; ${line} says where */
};

/*
 * files_begin(r, text, len): the text is changed, texts are ended in it, and
 * must stay.  files_end(r) releases.
 */
void files_begin(struct files_reader *r, char *text, size_t len);
void files_end(struct files_reader *r);

/*
 * files_name(r, &name, &line): "NAME =".  1; 0 at the end of the text; -1.
 * files_enter(r): 1 and past it if a list begins here, else 0.
 * files_value(r, &at): one value, of all levels, node ${at}.  0, -1.
 * files_more(r): past the ',' after a value of a list 1, past its end 0; -1.
 * files_close(r): past the ';' or ',' after a setting, which may be missing.
 * files_forget(r): all nodes so far.
 */
int files_name(struct files_reader *r, const char **name, uint32_t *line);
int files_enter(struct files_reader *r);
int files_empty(struct files_reader *r); /* 1, past it, if the list ends */
int files_value(struct files_reader *r, uint32_t *at);
int files_more(struct files_reader *r);
void files_close(struct files_reader *r);
void files_forget(struct files_reader *r);

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

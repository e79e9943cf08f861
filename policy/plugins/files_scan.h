#ifndef AAS_POLICY_PLUGINS_FILES_SCAN_H
#define AAS_POLICY_PLUGINS_FILES_SCAN_H

#include "policy/plugins/files.h"

/* The bytes of a text; for files_read.c alone. */

/* files_wrong(r, what), files_syntax(r): say what is wrong; always -1. */
int files_wrong(struct files_reader *r, const char *what);
int files_syntax(struct files_reader *r);

/* files_peek(r): the next byte that says something; '\0' at the end. */
char files_peek(struct files_reader *r);

static inline int
files_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline int
files_is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '*';
}

static inline int
files_is_word(char c)
{
	return files_is_letter(c) || files_is_digit(c) || c == '-' || c == '_';
}

#endif

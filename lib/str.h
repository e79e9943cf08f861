#ifndef AAS_LIB_STR_H
#define AAS_LIB_STR_H

#include <stddef.h>

/*
 * A few functions of <string.h> for short strings, inside the module.  Each
 * name that pam_aas.so takes from libc costs about 700 instructions at every
 * sign-in, for the look-up when it is loaded: more than all that these do.
 */
static inline const char *
aas_str_chr(const char *s, char c)
{
	for (; *s != c; s++)
		if (*s == '\0')
			return NULL;
	return s;
}

static inline const char *
aas_str_rchr(const char *s, char c)
{
	const char *last = NULL;

	for (; *s != '\0'; s++)
		if (*s == c)
			last = s;
	return last;
}

/* strnlen(3) */
static inline size_t
aas_str_nlen(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && s[n] != '\0')
		n++;
	return n;
}

/* strcspn(3) for one byte */
static inline size_t
aas_str_to(const char *s, char c)
{
	size_t n = 0;

	while (s[n] != '\0' && s[n] != c)
		n++;
	return n;
}

/* 1 if ${s} begins with ${with} */
static inline int
aas_str_begins(const char *s, const char *with)
{
	while (*with != '\0' && *s == *with) {
		s++;
		with++;
	}
	return *with == '\0';
}

#endif

#ifndef AAS_LIB_PUT_H
#define AAS_LIB_PUT_H

#include <stddef.h>
#include <stdint.h>

/*
 * Bounded text, for what runs at every sign-in: snprintf(3) costs about two
 * thousand instructions a call.  Sticky: after the first piece that did not
 * fit every later one is left out too.  The text is NUL-terminated always.
 */
struct aas_put {
	char *p;
	size_t cap; /* with the NUL */
	size_t len;
	int bad; /* something did not fit */
};

/*
 * aas_put_init(t, p, cap): begin an empty text at ${p}; ${cap} 0 is bad.
 */
void aas_put_init(struct aas_put *t, char *p, size_t cap);
void aas_put_char(struct aas_put *t, char c);
void aas_put_text(struct aas_put *t, const char *s);
void aas_put_number(struct aas_put *t, uint64_t v); /* decimal */

/*
 * aas_put_padded(t, v, width): decimal with zeros before it, at least
 * ${width} digits, which is at most 20.
 */
void aas_put_padded(struct aas_put *t, uint64_t v, unsigned width);

/*
 * aas_format(dst, cap, fmt, ...):
 * snprintf(3), for where it does not matter what it costs: one more name to
 * look up when the module is loaded does.
 */
int aas_format(char *dst, size_t cap, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif

#ifndef AAS_AASD_LINE_H
#define AAS_AASD_LINE_H

#include <jansson.h>

#include <stddef.h>

/*
 * aasd_line(obj, &out, &len): one line of it, from malloc, LF included; takes
 * ${obj}, which may be NULL.  Returns 0, AAS_ERR_NOMEM.
 */
int aasd_line(json_t *obj, char **out, size_t *len);

/* aasd_refuse(why): the answer that refuses; NULL: no memory. */
json_t *aasd_refuse(unsigned why);
/* aasd_refuse_as(why, text): the same, with a sentence of its own. */
json_t *aasd_refuse_as(unsigned why, const char *text);
/* aasd_refuse_others(): who is no administrator asked about others. */
json_t *aasd_refuse_others(void);

#endif

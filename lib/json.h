#ifndef AAS_LIB_JSON_H
#define AAS_LIB_JSON_H

#include <stddef.h>
#include <stdint.h>

struct json_t; /* jansson's */

/*
 * One JSON object, read member by member.  Sticky: after the first fault
 * every later read fails and yields zero; aas_obj_close() says at the end
 * whether all held and nothing was there that nobody asked for.
 */
#define AAS_JSON_MAX 65536

struct aas_obj {
	struct json_t *o;
	size_t seen; /* members asked for and found */
	int bad;
};

/* Is this an object in text, of bounded size, no deeper than 5? */
int aas_json_bounded(const char *json, size_t len);

/*
 * aas_json_load(json, len): parse a bounded text; no member twice, no NUL in
 * a string, nothing after the object.  json_decref() it; NULL if it is wrong.
 */
struct json_t *aas_json_load(const char *json, size_t len);

/* aas_json_str(j, dst, cap): copy a string.  AAS_ERR_FORMAT. */
int aas_json_str(struct json_t *j, char *dst, size_t cap);

/* aas_obj_open(): 0 if ${j} is an object; aas_obj_close(): AAS_ERR_FORMAT. */
int aas_obj_open(struct aas_obj *o, struct json_t *j);
int aas_obj_close(const struct aas_obj *o);

/* Is it there?  (Not asked for yet.)  And: borrow it, it has to be there. */
int aas_obj_has(const struct aas_obj *o, const char *name);
struct json_t *aas_obj_member(struct aas_obj *o, const char *name);

void aas_obj_str(struct aas_obj *o, const char *name, char *dst, size_t cap);
int64_t aas_obj_int(
    struct aas_obj *o, const char *name, int64_t min, int64_t max);
void aas_obj_hex(struct aas_obj *o, const char *name, uint8_t dst[32]);
/* base64 of 1 to ${cap} bytes; their number. */
size_t aas_obj_bin(struct aas_obj *o, const char *name, void *dst, size_t cap);
void aas_obj_bin_exact(
    struct aas_obj *o, const char *name, void *dst, size_t len);
/* An array of 1 to ${max} members; their number. */
size_t aas_obj_array(
    struct aas_obj *o, const char *name, size_t max, struct json_t **a);

#endif

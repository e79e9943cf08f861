/*
 * CBOR for the software key: a bounded writer of its own, which keeps the
 * canonical order that the caller chose, and short look-ups in what libcbor
 * has parsed.
 */
#ifndef RIG_CBOR_IO_H
#define RIG_CBOR_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cbor.h>

/*
 * A bounded writer.  What no longer fits is dropped and "full" is set, once
 * for all, so that only the last caller has to look.
 */
struct rig_buf {
	uint8_t *p;
	size_t n;
	size_t max;
	bool full;
};

void rig_put(struct rig_buf *b, const void *data, size_t n);
void rig_put_int(struct rig_buf *b, int64_t value);
void rig_put_bytes(struct rig_buf *b, const void *data, size_t n);
void rig_put_text(struct rig_buf *b, const char *text);
void rig_put_textn(struct rig_buf *b, const char *text, size_t n);
void rig_put_bool(struct rig_buf *b, bool value);
void rig_put_map(struct rig_buf *b, size_t pairs);
void rig_put_array(struct rig_buf *b, size_t items);

/*
 * rig_map_int(map, key), rig_map_text(map, key):
 * The value of a key of ${map}; NULL when ${map} is NULL, is no map, or has
 * no such key.  Borrowed: lives as long as the map.
 */
const cbor_item_t *rig_map_int(const cbor_item_t *map, int64_t key);
const cbor_item_t *rig_map_text(const cbor_item_t *map, const char *key);

/*
 * rig_get_*(item, ...):
 * True and the value when ${item} is there and of that type (definite
 * strings only); else false and nothing written.  Pointers are borrowed.
 */
bool rig_get_bytes(const cbor_item_t *item, const uint8_t **p, size_t *n);
bool rig_get_text(const cbor_item_t *item, const char **p, size_t *n);
bool rig_get_int(const cbor_item_t *item, int64_t *value);
bool rig_get_bool(const cbor_item_t *item, bool *value);

#endif

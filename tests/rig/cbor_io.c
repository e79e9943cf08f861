/*
 * CBOR of the software key; see cbor_io.h.  It must never read or write
 * outside what it was given: the fuzz targets feed it anything.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <cbor.h>

#include "tests/rig/cbor_io.h"

enum { UINT = 0, NEGINT = 1, BYTES = 2, TEXT = 3, ARRAY = 4, MAP = 5 };

void
rig_put(struct rig_buf *b, const void *data, size_t n)
{
	if (b->full || n > b->max - b->n) {
		b->full = true;
		return;
	}
	if (n != 0)
		memcpy(b->p + b->n, data, n);
	b->n += n;
}

static void
put_head(struct rig_buf *b, unsigned major, uint64_t value)
{
	uint8_t head[9];
	unsigned info;
	size_t n;

	if (value < 24) {
		head[0] = (uint8_t)(major << 5 | (unsigned)value);
		rig_put(b, head, 1);
		return;
	}
	if (value <= UINT8_MAX) {
		info = 24;
		n = 1;
	} else if (value <= UINT16_MAX) {
		info = 25;
		n = 2;
	} else if (value <= UINT32_MAX) {
		info = 26;
		n = 4;
	} else {
		info = 27;
		n = 8;
	}
	head[0] = (uint8_t)(major << 5 | info);
	for (size_t i = 0; i < n; i++)
		head[1 + i] = (uint8_t)(value >> (8 * (n - 1 - i)));
	rig_put(b, head, n + 1);
}

void
rig_put_int(struct rig_buf *b, int64_t value)
{
	if (value < 0)
		put_head(b, NEGINT, (uint64_t)(-1 - value));
	else
		put_head(b, UINT, (uint64_t)value);
}

void
rig_put_bytes(struct rig_buf *b, const void *data, size_t n)
{
	put_head(b, BYTES, n);
	rig_put(b, data, n);
}

void
rig_put_textn(struct rig_buf *b, const char *text, size_t n)
{
	put_head(b, TEXT, n);
	rig_put(b, text, n);
}

void
rig_put_text(struct rig_buf *b, const char *text)
{
	rig_put_textn(b, text, strlen(text));
}

void
rig_put_bool(struct rig_buf *b, bool value)
{
	uint8_t byte = value ? 0xf5 : 0xf4;

	rig_put(b, &byte, 1);
}

void
rig_put_map(struct rig_buf *b, size_t pairs)
{
	put_head(b, MAP, pairs);
}

void
rig_put_array(struct rig_buf *b, size_t items)
{
	put_head(b, ARRAY, items);
}

bool
rig_get_int(const cbor_item_t *item, int64_t *value)
{
	uint64_t v;

	if (item == NULL || !(cbor_isa_uint(item) || cbor_isa_negint(item)))
		return false;
	if ((v = cbor_get_int(item)) > INT64_MAX)
		return false;
	*value = cbor_isa_uint(item) ? (int64_t)v : -1 - (int64_t)v;
	return true;
}

bool
rig_get_bytes(const cbor_item_t *item, const uint8_t **p, size_t *n)
{
	if (item == NULL || !cbor_isa_bytestring(item) ||
	    !cbor_bytestring_is_definite(item))
		return false;
	*p = cbor_bytestring_handle(item);
	*n = cbor_bytestring_length(item);
	return true;
}

bool
rig_get_text(const cbor_item_t *item, const char **p, size_t *n)
{
	if (item == NULL || !cbor_isa_string(item) ||
	    !cbor_string_is_definite(item))
		return false;
	*p = (const char *)cbor_string_handle(item);
	*n = cbor_string_length(item);
	return true;
}

bool
rig_get_bool(const cbor_item_t *item, bool *value)
{
	if (item == NULL || !cbor_isa_float_ctrl(item) || !cbor_is_bool(item))
		return false;
	*value = cbor_get_bool(item);
	return true;
}

const cbor_item_t *
rig_map_int(const cbor_item_t *map, int64_t key)
{
	const struct cbor_pair *pair;
	int64_t k;

	if (map == NULL || !cbor_isa_map(map))
		return NULL;
	pair = cbor_map_handle(map);
	for (size_t i = 0; i < cbor_map_size(map); i++)
		if (rig_get_int(pair[i].key, &k) && k == key)
			return pair[i].value;
	return NULL;
}

const cbor_item_t *
rig_map_text(const cbor_item_t *map, const char *key)
{
	const struct cbor_pair *pair;
	const char *k;
	size_t n;

	if (map == NULL || !cbor_isa_map(map))
		return NULL;
	pair = cbor_map_handle(map);
	for (size_t i = 0; i < cbor_map_size(map); i++)
		if (rig_get_text(pair[i].key, &k, &n) && n == strlen(key) &&
		    memcmp(k, key, n) == 0)
			return pair[i].value;
	return NULL;
}

#ifndef AAS_POLICY_SOURCE_WIRE_H
#define AAS_POLICY_SOURCE_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/wire.h"
#include "policy/rule.h"

/*
 * What a worker process and its parent say to each other, over the socket of
 * lib/spawn.h, as a stream of messages: a u32 length, a u8 type (counted in
 * it) and the rest.  A plugin lives in the worker, so to the parent every byte
 * is hostile; all reads are bounded, and trailing data is an error.
 */
#define AAS_PW_MSG_MAX     ((size_t)1024 * 1024) /* one message, with its type */
#define AAS_PW_TEXT_MAX    ((size_t)65534)       /* one text, without its NUL */
#define AAS_PW_TOTAL_MAX   ((size_t)512 * 1024 * 1024) /* of one worker */
#define AAS_PW_FILES_MAX   16384 /* origins of one source */
#define AAS_PW_REPORTS_MAX 1000  /* of one source */

enum aas_pw_type {
	AAS_PW_QUERY = 1, /* parent to worker, once */
	AAS_PW_RULE = 2,
	AAS_PW_REPORT = 3,
	AAS_PW_FILE = 4,
	AAS_PW_END = 5 /* the last one */
};

/* Where the lists of a decoded message point from; one per decoder. */
#define AAS_PW_ROOM (11 * (AAS_NAMES_MAX + 1))
struct aas_pw_room {
	size_t n;
	const char *v[AAS_PW_ROOM];
};

struct aas_pw_query {
	const char *confdir, *plugindir;
	int64_t now_s;
	int64_t until_ms; /* aas_clock_ms(), which is one for all processes */
	const char *user; /* lookup alone, else NULL */
	uint32_t uid;
	const char *const *groups;
	const char *service; /* may be NULL */
};

struct aas_pw_report {
	uint8_t level; /* enum aas_plugin_level */
	uint32_t line;
	const char *file; /* may be NULL */
	const char *text;
};

/*
 * aas_pw_*_put(w, m): write the payload of a message; a text or list over its
 * bound makes ${w} bad.
 * aas_pw_*_get(p, len, [room,] m): read one.  Every pointer of ${m} points
 * into ${p} or ${room}, and is good until either is used again.  What was NULL
 * is NULL; a rule's struct_size is this build's.  Returns 0, AAS_ERR_FORMAT.
 * No value of a rule is judged here: aas_rule_from() does that.
 */
void aas_pw_rule_put(struct aas_wr *w, const struct aas_plugin_rule *m);
int aas_pw_rule_get(const void *p, size_t len, struct aas_pw_room *room,
    struct aas_plugin_rule *m);
void aas_pw_query_put(struct aas_wr *w, const struct aas_pw_query *m);
int aas_pw_query_get(const void *p, size_t len, struct aas_pw_room *room,
    struct aas_pw_query *m);
void aas_pw_report_put(struct aas_wr *w, const struct aas_pw_report *m);
int aas_pw_report_get(const void *p, size_t len, struct aas_pw_report *m);
void aas_pw_file_put(struct aas_wr *w, const struct aas_origin_file *m);
int aas_pw_file_get(const void *p, size_t len, struct aas_origin_file *m);
void aas_pw_end_put(struct aas_wr *w, int status);
int aas_pw_end_get(const void *p, size_t len, int *status);

/* --- the stream ------------------------------------------------------------
 */

/* One end of the socket.  fd is borrowed; the rest is aas_pw_free()d. */
struct aas_pw {
	int fd;
	int64_t until_ms; /* nothing waits longer */
	uint8_t *out;     /* not sent yet */
	size_t out_len;
	uint8_t *msg; /* where a payload is made, AAS_PW_MSG_MAX bytes */
	uint8_t *in;  /* received, and from in_off on not read yet */
	size_t in_off, in_len, in_total;
};

/*
 * aas_pw_init(pw, fd, until_ms): 0, AAS_ERR_NOMEM.
 */
int aas_pw_init(struct aas_pw *pw, int fd, int64_t until_ms);
void aas_pw_free(struct aas_pw *pw);

/*
 * aas_pw_begin(pw, w): ${w} writes a payload;
 * aas_pw_send(pw, type, w): send it, or keep it until there is more.
 * aas_pw_flush(pw): send what was kept.
 * Returns 0; AAS_ERR_TOOBIG (nothing was sent), AAS_ERR_TIMEOUT,
 * AAS_ERR_CANCELED (nobody reads), AAS_ERR_SYS.
 */
void aas_pw_begin(struct aas_pw *pw, struct aas_wr *w);
int aas_pw_send(struct aas_pw *pw, enum aas_pw_type type, struct aas_wr *w);
int aas_pw_flush(struct aas_pw *pw);

/*
 * aas_pw_recv(pw, &type, &p, &len):
 * The next message; its payload is good until the next call.
 * Returns 0; AAS_ERR_TIMEOUT, AAS_ERR_CANCELED (the end, between two
 * messages), AAS_ERR_FORMAT (an end within one, or an impossible length),
 * AAS_ERR_TOOBIG (in all over AAS_PW_TOTAL_MAX), AAS_ERR_SYS.
 */
int aas_pw_recv(
    struct aas_pw *pw, uint8_t *type, const uint8_t **p, size_t *len);

/* 1 if something more was received than has been read. */
int aas_pw_more(const struct aas_pw *pw);

#endif

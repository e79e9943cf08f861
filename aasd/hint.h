#ifndef AAS_AASD_HINT_H
#define AAS_AASD_HINT_H

#include <stddef.h>
#include <stdint.h>

#include "lib/keep/book.h"
#include "aasd/ctl.h"

/*
 * Whether somebody is at the display of a session, as logind was told: asked
 * of those whose idle limit is near, one after the other, by loginctl(1), for
 * five seconds each.  The keeper does not wait for it.
 */
struct aasd_hints {
	int epoll;
	char (*ids)[AAS_LEDGER_ID]; /* to be asked of, the first first */
	size_t n, cap;
	struct aasd_ctl ctl; /* asks for the first, if it runs */
};

/* aasd_hints_init(h, epoll), aasd_hints_free(h): nothing is asked. */
void aasd_hints_init(struct aasd_hints *h, int epoll);
void aasd_hints_free(struct aasd_hints *h);

/* aasd_hints_leave(h): the descriptors alone, in a process that forked. */
void aasd_hints_leave(struct aasd_hints *h);

/*
 * aasd_hints_sift(h, b, v, n, now_ms): of the ${n} sessions ${v}, which are
 * due, those that seem idle, but of whose display nothing is known that is
 * younger than a moment, are asked for and due again a little later, or when
 * there is an answer.  Returns how many others remain in ${v}.
 */
size_t aasd_hints_sift(struct aasd_hints *h, struct aas_book *b,
    struct aas_kept **v, size_t n, int64_t now_ms);

/* aasd_hints_look(h, b): take the answers that have come, and ask on. */
void aasd_hints_look(struct aasd_hints *h, struct aas_book *b);

/* aasd_hints_name(s): "none", "active", "idle"; NULL: not asked so far. */
const char *aasd_hints_name(const struct aas_kept *s);

#endif

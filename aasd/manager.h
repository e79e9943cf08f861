#ifndef AAS_AASD_MANAGER_H
#define AAS_AASD_MANAGER_H

#include <stddef.h>
#include <stdint.h>

#include "aasd/ctl.h"

/*
 * Service managers of users (user@.service) that were ended with the last
 * session of their user.  logind keeps the user for some seconds more, and
 * starts no manager for one who signs in again meanwhile: that is done here.
 */
#define AASD_MANAGERS 64

struct aasd_managers {
	int epoll; /* where the child is to be waited for */
	struct {
		uint32_t uid;
		int64_t until_ms;
		int wanted; /* the user is back */
	} v[AASD_MANAGERS];
	size_t n;
	struct aasd_ctl ctl; /* systemctl(1), if it runs */
};

/*
 * aasd_managers_init(m, epoll), aasd_managers_free(m);
 * aasd_managers_leave(m): the descriptors alone, in a process that forked.
 */
void aasd_managers_init(struct aasd_managers *m, int epoll);
void aasd_managers_free(struct aasd_managers *m);
void aasd_managers_leave(struct aasd_managers *m);

/*
 * aasd_managers_ended(m, uid, back, now_ms): the manager of ${uid} is gone.
 *   back  1: the user has signed in again before it was
 */
void aasd_managers_ended(
    struct aasd_managers *m, uint32_t uid, int back, int64_t now_ms);

/* aasd_managers_back(m, uid, now_ms): a session of ${uid} begins. */
void aasd_managers_back(struct aasd_managers *m, uint32_t uid, int64_t now_ms);

/* aasd_managers_look(m): see to the child, if it has ended or hangs. */
void aasd_managers_look(struct aasd_managers *m);

#endif

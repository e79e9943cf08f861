/*
 * A service manager for who signs in again at once.
 */
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/log.h"
#include "aasd/manager.h"

#define SYSTEMCTL "/usr/bin/systemctl"
#define CHILD_MS  20000 /* one that hangs does not hold up the rest */
#define KEEP_MS   60000 /* UserStopDelaySec= of logind.conf(5) is 10 s */

void
aasd_managers_init(struct aasd_managers *m, int epoll)
{
	memset(m, 0, sizeof(*m));
	m->epoll = epoll;
	aasd_ctl_init(&m->ctl);
}

void
aasd_managers_free(struct aasd_managers *m)
{
	aasd_ctl_stop(&m->ctl);
	m->n = 0;
}

void
aasd_managers_leave(struct aasd_managers *m)
{
	aasd_ctl_leave(&m->ctl);
}

static void
drop(struct aasd_managers *m, size_t i)
{
	m->v[i] = m->v[--m->n];
}

/* The next that is wanted, where nothing runs. */
static void
start(struct aasd_managers *m)
{
	char name[] = "systemctl", verb[] = "start", wait[] = "--no-block";
	char unit[32];
	char *argv[] = { name, verb, wait, unit, NULL };
	size_t i = 0;
	int r;

	while (i < m->n && !m->v[i].wanted)
		i++;
	if (i == m->n || m->ctl.child.pid != -1)
		return;
	(void)snprintf(
	    unit, sizeof(unit), "user@%lu.service", (unsigned long)m->v[i].uid);
	drop(m, i);
	r = aasd_ctl_run(&m->ctl, m->epoll, SYSTEMCTL, argv, CHILD_MS, 0);
	if (r != AAS_OK)
		aas_log(LOG_WARNING,
		    "event=manager-not-started unit=%s why=\"%s\"", unit,
		    aas_strerror(r));
}

void
aasd_managers_ended(
    struct aasd_managers *m, uint32_t uid, int back, int64_t now_ms)
{
	if (access(AASD_CTL_BOOTED, F_OK) == -1)
		return;
	for (size_t i = 0; i < m->n;) {
		if (m->v[i].uid == uid || m->v[i].until_ms < now_ms)
			drop(m, i);
		else
			i++;
	}
	if (m->n == AASD_MANAGERS)
		drop(m, 0);
	m->v[m->n].uid = uid;
	m->v[m->n].until_ms = now_ms + KEEP_MS;
	m->v[m->n++].wanted = back;
	start(m);
}

void
aasd_managers_back(struct aasd_managers *m, uint32_t uid, int64_t now_ms)
{
	for (size_t i = 0; i < m->n; i++) {
		if (m->v[i].uid == uid && m->v[i].until_ms >= now_ms)
			m->v[i].wanted = 1;
	}
	start(m);
}

void
aasd_managers_look(struct aasd_managers *m)
{
	if (aasd_ctl_look(&m->ctl) == AASD_CTL_LATE)
		aas_log(LOG_WARNING,
		    "event=manager-not-started why=\"systemctl hangs\"");
	start(m);
}

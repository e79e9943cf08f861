/*
 * What people and programs are told of a lease.  No lease is made or ended
 * here.
 */
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "lib/err.h"
#include "lib/event/raise.h"
#include "lib/log.h"
#include "aasd/ask.h"
#include "aasd/lease_tell.h"
#include "tools/told.h"

void
aasd_lease_event(const struct aasd *d, const struct aas_now *now,
    const char *what, const struct aas_lease *l, const struct aas_user *by,
    int64_t seconds)
{
	char account[3 * 64], grantor[3 * 64], key[3 * AAS_LABEL_MAX];
	char reason[AAS_LEASE_REASON], who[3 * 64], text[512];
	struct aas_event e = { .type = AAS_EV_LEASE,
		.user = l->grantor,
		.uid = l->grantor_uid,
		.service = "aasctl",
		.key = l->key,
		.by = by->uid != l->grantor_uid ? by->name : NULL,
		.why = what + strlen("lease-"),
		.text = text };

	aas_log(LOG_NOTICE,
	    "event=%s account=\"%s\" grantor=\"%s\" key=\"%s\" id=%s "
	    "seconds=%lld by=\"%s\" reason=\"%s\"",
	    what, aas_printable(account, sizeof(account), l->account),
	    aas_printable(grantor, sizeof(grantor), l->grantor),
	    aas_printable(key, sizeof(key), l->key), l->id, (long long)seconds,
	    aas_printable(who, sizeof(who), by->name),
	    aas_printable(reason, sizeof(reason), l->reason));
	(void)snprintf(text, sizeof(text),
	    "Your lease for %s: %s, %lld minutes. If that was not you, end it "
	    "(aasctl lease end) and tell your administrator.",
	    account, e.why, (long long)((seconds + 59) / 60));
	if (d->libexecdir != NULL &&
	    (aasd_can_deliver()
		    ? aas_event_raise(d->statedir, d->libexecdir, &e, now)
		    : aas_event_keep(d->statedir, NULL, &e, now, NULL)) !=
		AAS_OK)
		aas_log(LOG_ERR, "event=not-kept type=lease user=%s", grantor);
}

int64_t
aasd_lease_left_s(const struct aas_lease *l, const struct aas_now *now)
{
	int64_t ms = l->until_ms - now->boottime_ms;

	return ms <= 0 ? 0 : (ms + 999) / 1000;
}

json_t *
aasd_lease_json(const struct aas_lease *l, const struct aas_now *now)
{
	char since[AAS_CLOCK_TEXT], until[AAS_CLOCK_TEXT];

	aas_clock_format(l->time_s, since);
	aas_clock_format(now->real_s + aasd_lease_left_s(l, now), until);
	return json_pack("{s:s, s:s, s:I, s:s, s:I, s:s, s:s, s:s, s:s, s:I}",
	    "id", l->id, "account", l->account, "uid", (json_int_t)l->uid,
	    "grantor", l->grantor, "grantor_uid", (json_int_t)l->grantor_uid,
	    "key", l->key, "reason", l->reason, "since", since, "until", until,
	    "left_s", (json_int_t)aasd_lease_left_s(l, now));
}

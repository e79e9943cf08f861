/*
 * aasd's part in the clock: the mark goes on where nobody signs in, and the
 * log hears of a clock that went back.
 */
#include <syslog.h>

#include "lib/err.h"
#include "lib/log.h"
#include "lib/mark.h"
#include "aasd/aasd.h"

#define STEP_S   60
#define BEHIND_S 60 /* less is how clocks are kept */

void
aasd_clock_tick(struct aasd *d)
{
	struct aas_now now;
	char mark[AAS_CLOCK_TEXT], clock[AAS_CLOCK_TEXT];
	int64_t mark_s = 0;

	if (aas_clock_now(&now) != AAS_OK ||
	    aas_mark_get(d->statedir, &mark_s) != AAS_OK)
		return;
	(void)aas_mark_raise(d->statedir, &now, STEP_S);
	if (now.real_s >= mark_s - BEHIND_S) {
		d->clock_told = 0;
		return;
	}
	if (d->clock_told)
		return;
	d->clock_told = 1;
	aas_clock_format(mark_s, mark);
	aas_clock_format(now.real_s, clock);
	aas_log(LOG_WARNING,
	    "event=clock-behind clock=%s mark=%s: dates are decided at the "
	    "mark; see aasctl(8), clock",
	    clock, mark);
}

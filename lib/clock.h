#ifndef AAS_LIB_CLOCK_H
#define AAS_LIB_CLOCK_H

#include <stdint.h>

/*
 * The two clocks, read once per decision and handed down as a parameter.
 * boottime_ms (CLOCK_BOOTTIME: goes on in suspend, never jumps) decides a
 * limit within one boot; real_s is shown and decides dates.
 */
struct aas_now {
	int64_t real_s;      /* seconds since 1970, CLOCK_REALTIME */
	int64_t boottime_ms; /* CLOCK_BOOTTIME */
	uint8_t boot_id[16]; /* this boot: /proc/sys/kernel/random/boot_id */
	int synced;          /* 1: adjtimex(2) says the clock is synchronized */
};

/*
 * aas_clock_now(&now):
 * Read them all.  Returns 0, AAS_ERR_SYS, AAS_ERR_FORMAT (boot_id).
 */
int aas_clock_now(struct aas_now *now);

/*
 * aas_clock_boot(&now):
 * The same without asking whether the clock is synchronized: synced is 0.
 */
int aas_clock_boot(struct aas_now *now);

/* aas_clock_synced(): 1 if adjtimex(2) says that the clock is synchronized. */
int aas_clock_synced(void);

/*
 * aas_clock_ms():
 * CLOCK_BOOTTIME in milliseconds, for deadlines inside a call.
 */
int64_t aas_clock_ms(void);

/*
 * aas_clock_format(real_s, dst):
 * RFC 3339 in UTC, "2026-06-01T00:00:00Z", 21 bytes with the NUL.  Uses no
 * time zone and no static memory.
 */
#define AAS_CLOCK_TEXT 21
void aas_clock_format(int64_t real_s, char dst[AAS_CLOCK_TEXT]);

/*
 * aas_clock_parse(s, &real_s):
 * Parse RFC 3339 with an offset or Z; seconds only.  AAS_ERR_FORMAT.
 */
int aas_clock_parse(const char *s, int64_t *real_s);

/*
 * aas_clock_duration(s, &seconds):
 * Parse "90s", "15m", "12h", "3d", "1h30m": a number and unit, largest unit
 * first, each at most once, no sign, no space, total at most 36525 days.
 * AAS_ERR_FORMAT otherwise ("12" has no unit and is refused).
 */
int aas_clock_duration(const char *s, int64_t *seconds);

#endif

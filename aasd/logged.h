#ifndef AAS_AASD_LOGGED_H
#define AAS_AASD_LOGGED_H

/*
 * aasd_logged_start(): from here on aas_log() never waits for the log: what it
 * has no room for is lost.  aasd_logged_stop(): as before.
 */
void aasd_logged_start(void);
void aasd_logged_stop(void);

#endif

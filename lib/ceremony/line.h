#ifndef AAS_LIB_CEREMONY_LINE_H
#define AAS_LIB_CEREMONY_LINE_H

#include <stdint.h>

#include <fido.h>

/*
 * libfido2 over one open device, for lib/ceremony/iomain.c alone: there is
 * one line in a process.
 */

/* aas_line_init(dev, ctl): the device, and the socket to the other half. */
void aas_line_init(int dev, int ctl);

/*
 * aas_line_begin(timeout_ms, &key):
 * Start the clock of a job, and open the key if it is not open yet: whatever
 * an earlier conversation left in the device is thrown away first.
 * Returns FIDO_OK or FIDO_ERR_*.
 */
int aas_line_begin(uint32_t timeout_ms, fido_dev_t **key);

/* What is left of the job's time. */
int aas_line_left_ms(void);

/* How the job ended, enum aas_io_end; a key that was late is told to stop. */
uint8_t aas_line_end(void);

#endif

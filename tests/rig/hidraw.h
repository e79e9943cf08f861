/*
 * The HID report descriptor of a FIDO key: one 64-byte input and one 64-byte
 * output report, without numbers.  Source: CTAP 2.1, section 11.2.8.1.
 */
#ifndef RIG_HIDRAW_H
#define RIG_HIDRAW_H

#include <stdint.h>

static const uint8_t rig_report_descriptor[] = {
	0x06, 0xd0, 0xf1, /* Usage Page (FIDO Alliance) */
	0x09, 0x01,       /* Usage (U2F HID Authenticator Device) */
	0xa1, 0x01,       /* Collection (Application) */
	0x09, 0x20,       /*   Usage (Input Report Data) */
	0x15, 0x00,       /*   Logical Minimum (0) */
	0x26, 0xff, 0x00, /*   Logical Maximum (255) */
	0x75, 0x08,       /*   Report Size (8) */
	0x95, 0x40,       /*   Report Count (64) */
	0x81, 0x02,       /*   Input (Data, Absolute, Variable) */
	0x09, 0x21,       /*   Usage (Output Report Data) */
	0x15, 0x00,       /*   Logical Minimum (0) */
	0x26, 0xff, 0x00, /*   Logical Maximum (255) */
	0x75, 0x08,       /*   Report Size (8) */
	0x95, 0x40,       /*   Report Count (64) */
	0x91, 0x02,       /*   Output (Data, Absolute, Variable) */
	0xc0,             /* End Collection */
};

#define RIG_VENDOR  0x6161
#define RIG_PRODUCT 0x0001
#define RIG_TITLE   "Rig Software Key"

#endif

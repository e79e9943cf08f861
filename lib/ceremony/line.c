/*
 * The line between libfido2 and one key: its I/O callbacks over an inherited
 * descriptor, with an ear for the other half meanwhile.
 *
 * 1. No wait MUST last longer than the job's time, whatever the key sends: a
 *    key may say "still busy" for ever.
 * 2. A cancel, or the end of the other half, MUST reach the key at once.
 */
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <unistd.h>

#include "lib/ceremony/io.h"
#include "lib/ceremony/line.h"
#include "lib/clock.h"
#include "lib/err.h"

#define CANCEL_MS 1000 /* a key answers a cancel at once */

/* The one line to the one key; libfido2's callbacks know nothing else. */
static struct line {
	int dev, ctl;
	fido_dev_t *key;
	int64_t until_ms;
	uint8_t end; /* enum aas_io_end of the job under way */
} line;

static void *
line_open(const char *path)
{
	(void)path;
	return &line;
}

static void
line_close(void *h)
{
	(void)h;
}

static int
line_write(void *h, const unsigned char *p, size_t len)
{
	(void)h;
	if (write(line.dev, p, len) != (ssize_t)len) {
		if (line.end == AAS_IO_DONE)
			line.end = AAS_IO_GONE;
		return -1;
	}
	return (int)len;
}

/* The other half spoke, or went away, while the key was busy. */
static void
hear(void)
{
	uint8_t b[2];
	ssize_t n = read(line.ctl, b, sizeof(b));

	if (n == 1 && b[0] == AAS_IO_CANCEL) {
		if (line.end == AAS_IO_DONE) {
			line.end = AAS_IO_CANCELED;
			line.until_ms = aas_clock_ms() + CANCEL_MS;
			(void)fido_dev_cancel(line.key);
		}
		return;
	}
	/* It ended: let the key stop blinking, and go. */
	(void)fido_dev_cancel(line.key);
	_exit(0);
}

static int
line_read(void *h, unsigned char *p, size_t len, int ms)
{
	int64_t until = line.until_ms;
	struct pollfd fds[2];

	(void)h;
	if (ms >= 0 && aas_clock_ms() + ms < until)
		until = aas_clock_ms() + ms;
	for (;;) {
		int64_t left = until - aas_clock_ms();

		if (left <= 0) {
			if (line.end == AAS_IO_DONE)
				line.end = AAS_IO_LATE;
			return -1;
		}
		fds[0] = (struct pollfd){ .fd = line.dev, .events = POLLIN };
		fds[1] = (struct pollfd){ .fd = line.ctl, .events = POLLIN };
		if (poll(fds, 2, (int)left) == -1) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		if (fds[1].revents != 0) {
			hear();
			if (line.until_ms < until)
				until = line.until_ms;
		}
		if (fds[0].revents & POLLIN) {
			if (read(line.dev, p, len) == (ssize_t)len)
				return (int)len;
			break;
		}
		if (fds[0].revents != 0)
			break;
	}
	if (line.end == AAS_IO_DONE)
		line.end = AAS_IO_GONE;
	return -1;
}

/* Replies that an earlier conversation left behind would be taken for ours. */
static void
drain(void)
{
	struct pollfd pfd = { .fd = line.dev, .events = POLLIN };
	uint8_t b[64];

	for (int i = 0; i < 256 && poll(&pfd, 1, 0) == 1; i++)
		if (!(pfd.revents & POLLIN) ||
		    read(line.dev, b, sizeof(b)) <= 0)
			break;
}

static int
key_open(void)
{
	static const fido_dev_io_t io = { line_open, line_close, line_read,
		line_write };
	int r;

	if (line.key != NULL)
		return FIDO_OK;
	drain();
	if ((line.key = fido_dev_new()) == NULL)
		return FIDO_ERR_INTERNAL;
	if ((r = fido_dev_set_io_functions(line.key, &io)) != FIDO_OK)
		return r;
	if ((r = fido_dev_set_timeout(
		 line.key, (int)(line.until_ms - aas_clock_ms()))) != FIDO_OK)
		return r;
	return fido_dev_open(line.key, "fd");
}

void
aas_line_init(int dev, int ctl)
{
	line.dev = dev;
	line.ctl = ctl;
}

int
aas_line_begin(uint32_t timeout_ms, fido_dev_t **key)
{
	int r;

	line.until_ms = aas_clock_ms() + timeout_ms;
	line.end = AAS_IO_DONE;
	if ((r = key_open()) != FIDO_OK)
		return r;
	*key = line.key;
	return fido_dev_set_timeout(line.key, (int)timeout_ms);
}

int
aas_line_left_ms(void)
{
	int64_t left = line.until_ms - aas_clock_ms();

	return left > 0 ? (int)left : 0;
}

uint8_t
aas_line_end(void)
{
	/* It still blinks for a job that nobody waits for. */
	if (line.end == AAS_IO_LATE && line.key != NULL)
		(void)fido_dev_cancel(line.key);
	return line.end;
}

/*
 * A CTAP 2.1 authenticator in software: whole messages in, whole messages
 * out, no device and no framing (see ctaphid.h for that).  For tests,
 * benchmarks and fuzzing; it must never be linked into what is installed.
 * One key is used by one thread at a time.
 */
#ifndef RIG_AUTHENTICATOR_H
#define RIG_AUTHENTICATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RIG_MSG_MAX  1200 /* what getInfo says; longer ones are refused */
#define RIG_NAME_MAX 31

struct rig_key;

/* What rig_key_start() and rig_key_resume() made of a message. */
enum rig_answer {
	RIG_REPLY = 0, /* the reply is there: a status byte, then CBOR */
	RIG_WAIT,      /* the key blinks: ask rig_key_touched(), then resume */
	RIG_SILENT,    /* a fault: there will be no reply */
	RIG_UNPLUG,    /* a fault: the key is pulled out now */
};

/* What became of a blinking key. */
enum rig_touch {
	RIG_TOUCH_NONE = 0, /* nothing yet */
	RIG_TOUCH_GIVEN,
	RIG_TOUCH_DENIED,
	RIG_TOUCH_TIMEOUT,
	RIG_TOUCH_CANCEL, /* the host took its request back */
	RIG_TOUCH_PULLED, /* a fault: pulled out while it blinked */
};

/* Faults of the framing, for whoever carries the reply. */
enum rig_frame_fault {
	RIG_FRAME_GOOD = 0,
	RIG_FRAME_CID,  /* the reply has another channel's number */
	RIG_FRAME_GAP,  /* a sequence number is left out */
	RIG_FRAME_DEAD, /* nothing is answered, not even INIT */
};

/*
 * rig_key_new(seed):
 * A plugged key without PIN or credentials.  The same ${seed} (any text)
 * gives a key that knows the same credentials.  It asks for no touch, and
 * nothing is stored.  Returns NULL without memory or when OpenSSL fails;
 * free with rig_key_free().
 */
struct rig_key *rig_key_new(const char *seed);

/*
 * rig_key_open(dirfd, name):
 * The key whose state is the file ${name}.key below ${dirfd}, made with a
 * random seed if there is none.  Every change is written back by rename, so
 * the key survives its process.  ${dirfd} stays the caller's and open.
 * ${name}: 1 to RIG_NAME_MAX letters, digits, '-' or '_'.  Returns NULL when
 * the name is bad, the file is damaged, or a call failed.
 */
struct rig_key *rig_key_open(int dirfd, const char *name);

/* rig_key_free(key): wipe, free and null; takes a pointer to NULL. */
void rig_key_free(struct rig_key **key);

/*
 * rig_key_power(key):
 * What pulling out and plugging in again does: forgets tokens, key
 * agreement, the request under way and the count of wrong PINs in a row.
 */
void rig_key_power(struct rig_key *key);

/*
 * rig_key_start(key, in, len, out, outlen):
 * Take one message (command byte, then CBOR) that a host sent.  ${out} holds
 * RIG_MSG_MAX bytes and is written, with its length, for RIG_REPLY only.  A
 * request that still waited is forgotten.  Never blocks.
 */
enum rig_answer rig_key_start(struct rig_key *key, const uint8_t *in,
    size_t len, uint8_t *out, size_t *outlen);

/*
 * rig_key_touched(key, waited_ms):
 * What became of the touch that a RIG_WAIT asked for ${waited_ms} ago.
 */
enum rig_touch rig_key_touched(struct rig_key *key, int64_t waited_ms);

/*
 * rig_key_resume(key, touch, out, outlen):
 * Go on with the request that waits; ${touch} is not RIG_TOUCH_NONE.
 * Otherwise as rig_key_start().
 */
enum rig_answer rig_key_resume(
    struct rig_key *key, enum rig_touch touch, uint8_t *out, size_t *outlen);

/*
 * rig_key_message(key, in, len, out, outlen):
 * rig_key_start() and, when it waits, rig_key_resume() at once: with a touch
 * in mode auto, with a time-out in modes manual and never.
 */
enum rig_answer rig_key_message(struct rig_key *key, const uint8_t *in,
    size_t len, uint8_t *out, size_t *outlen);

/* rig_key_press(key, touch): what the next rig_key_touched() answers. */
void rig_key_press(struct rig_key *key, enum rig_touch touch);

/* rig_key_frame_fault(key): the fault its carrier should play now. */
enum rig_frame_fault rig_key_frame_fault(const struct rig_key *key);

/*
 * rig_key_set(key, setting):
 * Change one "name=value"; tests/rig/README.md lists them.  Returns 0, or
 * -1 for an unknown name or value, which changes nothing.
 */
int rig_key_set(struct rig_key *key, const char *setting);

/*
 * rig_key_clone(to, from):
 * Make ${to} answer as ${from}: seed, PIN, resident credentials and, from
 * now on counting for itself, the counter.  Returns 0 or -1.
 */
int rig_key_clone(struct rig_key *to, const struct rig_key *from);

/*
 * rig_key_status(key, text, size):
 * The members of a JSON object (without braces) that describe the key.
 * Returns 0, or -1 if ${size} bytes are too few.
 */
int rig_key_status(const struct rig_key *key, char *text, size_t size);

#endif

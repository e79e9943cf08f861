/*
 * The commands of softkeyd: one line in, one line out.  A reply begins with
 * "ok", "error" or, for status, '{'.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/rig/softkeyd.h"

#define WORDS_MAX 16

struct softkey *
softkeyd_find(struct softkeyd *d, const char *name)
{
	for (size_t i = 0; i < SOFTKEY_MAX; i++)
		if (d->keys[i] != NULL && strcmp(d->keys[i]->name, name) == 0)
			return d->keys[i];
	return NULL;
}

/* The key of that name, made known if it was not. */
static struct softkey *
get(struct softkeyd *d, const char *name)
{
	struct softkey *sk = softkeyd_find(d, name);
	size_t i;

	if (sk != NULL)
		return sk;
	for (i = 0; i < SOFTKEY_MAX && d->keys[i] != NULL; i++)
		;
	if (i == SOFTKEY_MAX || (sk = calloc(1, sizeof(*sk))) == NULL)
		return NULL;
	if ((sk->key = rig_key_open(d->statefd, name)) == NULL) {
		free(sk);
		return NULL;
	}
	memcpy(sk->name, name, strlen(name) + 1); /* its length was checked */
	sk->number = -1;
	sk->master = -1;
	sk->slave = -1;
	sk->keeper = -1;
	d->keys[i] = sk;
	return sk;
}

static int
free_number(struct softkeyd *d)
{
	char node[32];
	bool used;

	for (int n = 0; n < SOFTKEY_MAX; n++) {
		used = false;
		for (size_t i = 0; i < SOFTKEY_MAX; i++)
			used |= d->keys[i] != NULL && d->keys[i]->number == n;
		(void)snprintf(node, sizeof(node), "/dev/hidraw%d", n);
		if (!used && access(node, F_OK) == -1)
			return n;
	}
	return -1;
}

void
softkeyd_unplug(struct softkeyd *d, struct softkey *sk)
{
	if (sk->number == -1)
		return;
	softkeyd_sysfs_remove(sk, d->bind);
	softkey_port_close(sk);
	rig_key_power(sk->key);
	sk->number = -1;
}

/* plug NAME [mode=OCTAL] [owner=UID[:GID]] */
static void
cmd_plug(struct softkeyd *d, char **word, size_t n, char *reply, size_t size)
{
	struct softkey *sk = get(d, word[1]);
	unsigned long mode = 0600, uid = 0, gid = 0;
	char *end = NULL;

	if (sk == NULL) {
		(void)snprintf(
		    reply, size, "error cannot open key %s", word[1]);
		return;
	}
	if (sk->number != -1) {
		(void)snprintf(reply, size, "ok /dev/hidraw%d", sk->number);
		return;
	}
	for (size_t i = 2; i < n; i++) {
		if (strncmp(word[i], "mode=", 5) == 0) {
			mode = strtoul(word[i] + 5, NULL, 8);
		} else if (strncmp(word[i], "owner=", 6) == 0) {
			uid = strtoul(word[i] + 6, &end, 10);
			gid = *end == ':' ? strtoul(end + 1, NULL, 10) : 0;
		} else {
			(void)snprintf(
			    reply, size, "error what is %s?", word[i]);
			return;
		}
	}
	rig_key_power(sk->key);
	sk->instance = ++d->instances;
	if ((sk->number = free_number(d)) == -1) {
		(void)snprintf(reply, size, "error no number is free");
	} else if (softkey_port_open(
		       sk, (uid_t)uid, (gid_t)gid, (mode_t)mode & 0777) != 0) {
		(void)snprintf(reply, size, "error pty: %s", strerror(errno));
		sk->number = -1;
	} else if (softkeyd_sysfs_add(sk, d->bind) != 0) {
		(void)snprintf(reply, size, "error sysfs: %s", strerror(errno));
		softkey_port_close(sk);
		sk->number = -1;
	} else {
		(void)snprintf(reply, size, "ok /dev/hidraw%d", sk->number);
	}
}

/* touch NAME [deny|timeout] */
static void
cmd_touch(struct softkey *sk, const char *how, char *reply, size_t size)
{
	enum rig_touch touch = RIG_TOUCH_GIVEN;

	if (how != NULL && strcmp(how, "deny") == 0)
		touch = RIG_TOUCH_DENIED;
	else if (how != NULL && strcmp(how, "timeout") == 0)
		touch = RIG_TOUCH_TIMEOUT;
	if (sk->number == -1 || !ctaphid_waiting(&sk->hid)) {
		(void)snprintf(
		    reply, size, "error %s does not blink", sk->name);
		return;
	}
	rig_key_press(sk->key, touch);
	ctaphid_tick(&sk->hid, softkeyd_now_ms());
	softkey_port_write(sk);
	(void)snprintf(reply, size, "ok");
}

/* set NAME what=value ... */
static void
cmd_set(struct softkey *sk, char **word, size_t n, char *reply, size_t size)
{
	for (size_t i = 2; i < n; i++) {
		if (rig_key_set(sk->key, word[i]) == 0)
			continue;
		(void)snprintf(reply, size, "error cannot set %s", word[i]);
		return;
	}
	(void)snprintf(reply, size, "ok");
}

static void
cmd_status(const struct softkey *sk, char *reply, size_t size)
{
	char text[SOFTKEY_LINE];
	char node[32] = "null";

	if (sk->number != -1)
		(void)snprintf(
		    node, sizeof(node), "\"/dev/hidraw%d\"", sk->number);
	if (rig_key_status(sk->key, text, sizeof(text)) != 0)
		text[0] = '\0';
	(void)snprintf(reply, size, "{\"name\":\"%s\",\"device\":%s,%s}",
	    sk->name, node, text);
}

static void
cmd_list(const struct softkeyd *d, char *reply, size_t size)
{
	size_t at = (size_t)snprintf(reply, size, "ok");

	for (size_t i = 0; i < SOFTKEY_MAX && at < size; i++)
		if (d->keys[i] != NULL)
			at += (size_t)snprintf(reply + at, size - at, " %s%s",
			    d->keys[i]->name,
			    d->keys[i]->number != -1 ? "*" : "");
}

static void
cmd_clone(struct softkeyd *d, const struct softkey *from, const char *name,
    char *reply, size_t size)
{
	struct softkey *to = get(d, name);

	if (to == NULL || to == from || to->number != -1 ||
	    rig_key_clone(to->key, from->key) != 0)
		(void)snprintf(reply, size, "error cannot clone to %s", name);
	else
		(void)snprintf(reply, size, "ok");
}

static size_t
split(char *line, char **word)
{
	size_t n = 0;
	char *save = NULL;

	for (char *w = strtok_r(line, " \t\r\n", &save);
	     w != NULL && n < WORDS_MAX; w = strtok_r(NULL, " \t\r\n", &save))
		word[n++] = w;
	return n;
}

void
softkeyd_cmd(struct softkeyd *d, char *line, char *reply, size_t size)
{
	char *word[WORDS_MAX + 1] = { NULL };
	size_t n = split(line, word);
	struct softkey *sk;

	if (n == 1 && strcmp(word[0], "list") == 0) {
		cmd_list(d, reply, size);
		return;
	}
	if (n == 1 && strcmp(word[0], "quit") == 0) {
		d->quit = true;
		(void)snprintf(reply, size, "ok");
		return;
	}
	if (n < 2) {
		(void)snprintf(reply, size, "error unknown command");
		return;
	}
	if (strcmp(word[0], "plug") == 0) {
		cmd_plug(d, word, n, reply, size);
		return;
	}
	/* A key may be set up before it is first plugged in. */
	sk = strcmp(word[0], "set") == 0 ? get(d, word[1])
					 : softkeyd_find(d, word[1]);
	if (sk == NULL) {
		(void)snprintf(reply, size, "error no key %s", word[1]);
	} else if (strcmp(word[0], "unplug") == 0) {
		softkeyd_unplug(d, sk);
		(void)snprintf(reply, size, "ok");
	} else if (strcmp(word[0], "touch") == 0) {
		cmd_touch(sk, word[2], reply, size);
	} else if (strcmp(word[0], "set") == 0) {
		cmd_set(sk, word, n, reply, size);
	} else if (strcmp(word[0], "status") == 0) {
		cmd_status(sk, reply, size);
	} else if (strcmp(word[0], "clone") == 0 && n == 3) {
		cmd_clone(d, sk, word[2], reply, size);
	} else {
		(void)snprintf(reply, size, "error unknown command");
	}
}

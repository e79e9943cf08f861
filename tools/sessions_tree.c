/*
 * The processes of a session, each below the one that it stems from.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "tools/sessions.h"

struct node {
	json_int_t pid, ppid;
	json_t *p; /* borrowed */
	int put;
};

static int
by_pid(const void *a, const void *b)
{
	const struct node *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

static struct node *
find(struct node *v, size_t n, json_int_t pid)
{
	const struct node key = { .pid = pid };

	return bsearch(&key, v, n, sizeof(*v), by_pid);
}

/* Steps to its topmost ancestor; whether the leader is one, or it itself. */
static int
depth_of(struct node *v, size_t n, const struct node *at, json_int_t leader,
    int *stems)
{
	int depth = 0;

	*stems = at->pid == leader;
	/* Pids are used again: what seems to be a circle has an end. */
	while ((size_t)depth < n && (at = find(v, n, at->ppid)) != NULL) {
		*stems |= at->pid == leader;
		depth++;
	}
	return depth;
}

static void
put(struct node *v, size_t n, struct node *at, json_t *out)
{
	at->put = 1;
	(void)json_array_append(out, at->p);
	for (size_t i = 0; i < n; i++) {
		if (!v[i].put && v[i].ppid == at->pid)
			put(v, n, &v[i], out);
	}
}

/* A process that waits for its turn below another one comes later. */
static void
put_all(struct node *v, size_t n, json_t *out)
{
	for (size_t i = 0; i < n; i++) {
		if (!v[i].put && find(v, n, v[i].ppid) == NULL)
			put(v, n, &v[i], out);
	}
	for (size_t i = 0; i < n; i++) {
		if (!v[i].put)
			put(v, n, &v[i], out);
	}
}

int
aas_session_tree_mark(json_t *s)
{
	json_t *tree = json_object_get(s, "tree"), *out = json_array();
	size_t n = json_array_size(tree);
	json_int_t leader = json_integer_value(json_object_get(s, "leader"));
	struct node *v = calloc(n + 1, sizeof(*v));
	int r = AAS_ERR_NOMEM;

	if (out == NULL || v == NULL)
		goto out;
	for (size_t i = 0; i < n; i++) {
		json_t *p = json_array_get(tree, i);

		v[i] = (struct node){ .p = p,
			.pid = json_integer_value(json_object_get(p, "pid")),
			.ppid =
			    json_integer_value(json_object_get(p, "ppid")) };
	}
	qsort(v, n, sizeof(*v), by_pid);
	for (size_t i = 0; i < n; i++) {
		int stems = 0, depth = depth_of(v, n, &v[i], leader, &stems);

		if (json_object_set_new(v[i].p, "depth", json_integer(depth)) !=
			0 ||
		    json_object_set_new(
			v[i].p, "outlives", json_boolean(!stems)) != 0)
			goto out;
	}
	put_all(v, n, out);
	r = json_object_set(s, "tree", out) == 0 ? AAS_OK : AAS_ERR_NOMEM;
out:
	json_decref(out);
	free(v);
	return r;
}

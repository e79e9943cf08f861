/*
 * aasctl sessions --watch: sessions on the whole screen, as they are now.
 *
 * 1. The terminal MUST be as it was, however this ends; but for SIGKILL.
 * 2. What ends MUST be what the question named, though the list may have
 *    changed meanwhile.
 * 3. An aasd that does not answer MUST NOT keep it from ending at once.
 */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <curses.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "aasctl/view.h"
#include "tools/sessions_codex.h"

#define EVERY_MS 2000
#define LONG_MS  1000 /* that aasd takes */
#define CODEX_MS 4000

static volatile sig_atomic_t stopped;

static const int stops[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
#define STOPS_N (sizeof(stops) / sizeof(stops[0]))

static void
stop(int sig)
{
	stopped = sig;
}

/* --- what is known -------------------------------------------------------- */

/* Another list: what was chosen stays chosen where it is still there. */
static void
take(struct aasctl_view *w, json_t *set, const json_t **v, size_t n)
{
	const char *old = aasctl_view_id(w);

	for (size_t i = 0; old != NULL && i < n; i++) {
		if (strcmp(aas_session_text(v[i], "id"), old) == 0) {
			w->at = i;
			break;
		}
	}
	if (w->at >= n)
		w->at = n > 0 ? n - 1 : 0;
	free(w->v);
	json_decref(w->set);
	w->set = set;
	w->v = v;
	w->n = n;
}

/* More than once or twice only where aasd hangs. */
static int
while_asking(void *arg)
{
	static const char text[] = "aasd has not answered yet  q quit";
	struct aasctl_view *w = arg;
	int key = ERR;

	if (stopped || w->over)
		return 0;
	if (stdscr == NULL)
		return 1;
	timeout(0);
	while ((key = getch()) != ERR)
		w->over |= key == 'q';
	if (aas_clock_ms() - w->asked_ms >= LONG_MS) {
		(void)snprintf(w->note, sizeof(w->note), "%s", text);
		w->failed = 1;
		aasctl_view_draw(w);
	}
	return !w->over;
}

static int
look(struct aasctl_view *w)
{
	json_t *set = NULL;
	const json_t **v = NULL;
	size_t n = 0;
	int code;

	w->asked_ms = aas_clock_ms();
	code = aasctl_sessions_all(w->x, w->all, &set);
	w->read_ms = aas_clock_ms();
	if (code == AASCTL_OK && aas_sessions_sort(set, &v, &n) != AAS_OK) {
		json_decref(set);
		(void)snprintf(w->x->error, sizeof(w->x->error), "%s",
		    aas_strerror(AAS_ERR_NOMEM));
		code = AASCTL_FAILED;
	}
	if (code == AASCTL_OK)
		take(w, set, v, n);
	if (code == AASCTL_OK && w->failed)
		w->note[0] = '\0';
	else if (code != AASCTL_OK)
		(void)snprintf(w->note, sizeof(w->note), "%s", w->x->error);
	w->failed = code != AASCTL_OK;
	return code;
}

/* --- what keys do --------------------------------------------------------- */

static void
end_codex(struct aasctl_view *w)
{
	/* That takes as long as it is given to end. */
	w->asked_ms = aas_clock_ms() + CODEX_MS;
	if (aasctl_codex_end(w->x, w->id) == AASCTL_OK)
		(void)snprintf(w->note, sizeof(w->note), "Ended %s.", w->id);
	else
		(void)snprintf(w->note, sizeof(w->note), "%s", w->x->error);
	w->read_ms = 0;
}

static void
end_asked(struct aasctl_view *w)
{
	json_t *rep = NULL;
	size_t n = 0;
	int code;

	if (w->asking == 'e' && aasctl_view_codex(w->id)) {
		end_codex(w);
		return;
	}
	w->asked_ms = aas_clock_ms();
	code = aasctl_sessions_ask(w->x,
	    w->asking == 'o'
		? json_pack("{s:s, s:s}", "op", "end", "which", "others")
		: json_pack("{s:s, s:[s]}", "op", "end", "ids", w->id),
	    &rep);
	n = json_array_size(json_object_get(rep, "ended"));
	if (code != AASCTL_OK)
		(void)snprintf(w->note, sizeof(w->note), "%s", w->x->error);
	else if (n == 0)
		(void)snprintf(
		    w->note, sizeof(w->note), "There was nothing to end.");
	else if (w->asking == 'e')
		(void)snprintf(w->note, sizeof(w->note), "Ending %.8s.", w->id);
	else
		(void)snprintf(
		    w->note, sizeof(w->note), "Ending %zu sessions.", n);
	json_decref(rep);
	w->read_ms = 0;
}

static void
choose(struct aasctl_view *w, int key)
{
	size_t page = aasctl_view_rows();

	if (key == KEY_UP || key == 'k')
		w->at -= w->at > 0;
	else if (key == KEY_DOWN || key == 'j')
		w->at += w->at + 1 < w->n;
	else if (key == KEY_PPAGE)
		w->at -= w->at < page ? w->at : page;
	else if (key == KEY_NPAGE)
		w->at += page;
	else if (key == KEY_HOME)
		w->at = 0;
	else if (key == KEY_END)
		w->at = w->n;
	if (w->at >= w->n)
		w->at = w->n > 0 ? w->n - 1 : 0;
}

/* 0: that is all. */
static int
press(struct aasctl_view *w, int key)
{
	if (key == ERR || key == KEY_RESIZE)
		return 1;
	w->note[0] = '\0';
	if (w->asking != 0) {
		if (key == 'y' || key == 'Y')
			end_asked(w);
		w->asking = 0;
	} else if (key == 'q') {
		return 0;
	} else if (key == 'e' && aasctl_view_id(w) != NULL) {
		(void)snprintf(w->id, sizeof(w->id), "%s", aasctl_view_id(w));
		w->asking = 'e';
	} else if (key == 'o') {
		w->asking = 'o';
	} else {
		choose(w, key);
	}
	return 1;
}

static void
loop(struct aasctl_view *w)
{
	int on = 1;

	while (on && !stopped && !w->over) {
		int64_t left = w->read_ms + EVERY_MS - aas_clock_ms();
		int key = ERR;

		if (w->read_ms == 0 || left <= 0) {
			(void)look(w);
			left = EVERY_MS;
		}
		if (stopped || w->over)
			break;
		aasctl_view_draw(w);
		timeout((int)left);
		errno = 0;
		key = getch();
		/* Its terminal is gone. */
		if (key == ERR && (errno == EIO || errno == ENXIO))
			break;
		on = press(w, key);
	}
}

/* One that only goes on, such as "dumb", shows nothing that could be read. */
static int
can_move(void)
{
	const char *cup = tigetstr("cup");

	return cup != NULL && (intptr_t)cup != -1;
}

static int
on_screen(struct aasctl_view *w)
{
	struct sigaction sa = { .sa_handler = stop }, old[STOPS_N];
	SCREEN *screen = NULL;
	int moves = 0;

	/* Before it sets its own, which end us with another status. */
	(void)sigemptyset(&sa.sa_mask);
	for (size_t i = 0; i < STOPS_N; i++)
		(void)sigaction(stops[i], &sa, &old[i]);
	w->x->cx.go_on = while_asking;
	w->x->cx.go_on_arg = w;
	screen = newterm(NULL, stdout, stdin);
	moves = screen != NULL && can_move();
	if (moves) {
		(void)cbreak();
		(void)noecho();
		(void)keypad(stdscr, TRUE);
		(void)curs_set(0);
		loop(w);
	}
	if (screen != NULL) {
		(void)endwin();
		delscreen(screen);
	}
	w->x->cx.go_on = NULL;
	for (size_t i = 0; i < STOPS_N; i++)
		(void)sigaction(stops[i], &old[i], NULL);
	if (stopped)
		(void)raise(stopped);
	if (screen == NULL)
		return aasctl_fail(w->x->c, AASCTL_FAILED,
		    "this terminal is of an unknown type: see TERM");
	if (!moves)
		return aasctl_fail(w->x->c, AASCTL_FAILED,
		    "this terminal has no screen to write all over: see TERM; "
		    "without --watch the list is printed once");
	return AASCTL_OK;
}

int
aasctl_sessions_watch(struct aasctl_sessions *x, int all)
{
	struct aasctl_view w = { .x = x, .all = all };
	int code = AASCTL_OK;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return aasctl_fail(x->c, AASCTL_USAGE,
		    "--watch needs a terminal; without it the list is printed "
		    "once");
	if ((code = look(&w)) != AASCTL_OK)
		code = aasctl_fail(x->c, code, "%s", x->error);
	else
		code = on_screen(&w);
	free(w.v);
	json_decref(w.set);
	return code;
}

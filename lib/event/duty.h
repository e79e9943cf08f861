#ifndef AAS_LIB_EVENT_DUTY_H
#define AAS_LIB_EVENT_DUTY_H

/*
 * Who is on duty: the file <spool>/duty, of which a notifier holds byte 0
 * while it is being started and byte 1 while it drains (open file description
 * locks).  Whoever has kept an event and finds either held needs to start
 * none: the first one has not looked into the spool yet, the second one looks
 * again after it let go.  A thousand sign-ins at once start one or two.
 */
#define AAS_DUTY       "duty"
#define AAS_DUTY_FD    3  /* where aas-notify has it from who started it */
#define AAS_DUTY_STALE 10 /* seconds that a start may take */

/*
 * aas_duty_take(spooldir, &fd):
 * 1: nobody is on duty, start a notifier.  ${fd}, if it is not -1, is for it,
 * as AAS_DUTY_FD, and to be closed then.  0: one is.  Where a start takes
 * longer than it may, another one is tried, once in that time.  Only after
 * aas_spool_put(), which looked at the directories.  Waits for nobody.
 */
int aas_duty_take(const char *spooldir, int *fd);

/*
 * For aas-notify:
 * aas_duty_inherit(spooldir): AAS_DUTY_FD if that is the file, else the file
 *	opened; -1: there is none to be had, which does no harm.
 * aas_duty_begin(fd): before it looks into the spool: it drains, and its start
 *	is over, whoever else still has the file open.
 * aas_duty_end(fd): it does not; then it has to look once more.
 */
int aas_duty_inherit(const char *spooldir);
void aas_duty_begin(int fd);
void aas_duty_end(int fd);

#endif

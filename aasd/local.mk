# aasd(8): its part of the one Makefile.

sbin_PROGRAMS += aasd/aasd
aasd_aasd_SOURCES = \
	aasd/aasd.c aasd/aasd.h \
	tools/told.c tools/told.h \
	aasd/alerts.c aasd/alerts.h \
	tools/alerts.c tools/alerts.h \
	aasd/ask.c aasd/ask.h \
	aasd/asker.c aasd/asker.h \
	aasd/begun.c aasd/begun.h \
	aasd/clock.c \
	aasd/codex.c aasd/codex.h \
	aasd/extend.c aasd/extend.h aasd/extended.c \
	aasd/conn.c aasd/conn.h \
	aasd/nets.c aasd/nets.h \
	aasd/rule.c aasd/rule.h \
	aasd/seat.c aasd/seat.h \
	aasd/ctl.c aasd/ctl.h \
	aasd/held.c \
	aasd/ended.c aasd/ended.h \
	aasd/ends.c aasd/ends.h \
	aasd/front.c aasd/front.h \
	aasd/grantor.c aasd/grantor.h \
	aasd/hint.c aasd/hint.h \
	aasd/keep.c aasd/keep.h \
	aasd/keep_due.c aasd/keep_due.h aasd/keep_tick.c \
	aasd/keeper.c aasd/keeper.h \
	aasd/lease.c aasd/lease.h \
	aasd/lease_dir.c aasd/lease_dir.h \
	aasd/lease_list.c aasd/lease_list.h \
	aasd/lease_tell.c aasd/lease_tell.h \
	aasd/leases.c aasd/leases.h \
	aasd/ledger.c aasd/ledger.h \
	aasd/line.c aasd/line.h \
	aasd/link.c aasd/link.h \
	aasd/logged.c aasd/logged.h \
	aasd/manager.c aasd/manager.h \
	aasd/signout.c aasd/signout.h \
	aasd/ops.c \
	aasd/serve.c \
	aasd/sessions.c aasd/sessions.h \
	aasd/sessions_end.c aasd/sessions_end.h \
	aasd/take.c \
	tools/announce.c tools/announce.h \
	aasd/watch.c aasd/watch.h \
	aasd/within.c aasd/within.h \
	tools/policy_origin.c tools/policy_origin.h \
	tools/raised.c tools/raised.h \
	tools/status.c tools/status.h
aasd_aasd_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
aasd_aasd_LDADD = lib/libaas-notify.la lib/libaas-keep.la policy/signin/libsignin.la policy/libpolicy-build.la lib/libaas-enroll.la

# aasctl(8): its part of the one Makefile.

bin_PROGRAMS += aasctl/aasctl
aasctl_aasctl_SOURCES = \
	aasctl/aasctl.c aasctl/aasctl.h \
	aasctl/alerts.c \
	tools/told.c tools/told.h \
	tools/alerts.c tools/alerts.h \
	aasctl/attest.c aasctl/attest.h aasctl/attest_token.c \
	aasctl/change.c \
	aasctl/dialog.c aasctl/dialog.h \
	aasctl/clock.c \
	aasctl/codex.c \
	aasctl/compliance.c \
	aasctl/moments.c aasctl/moments.h \
	aasctl/common.c \
	aasctl/end.c aasctl/end.h \
	aasctl/end_lock.c \
	aasctl/extend.c \
	aasctl/enroll.c \
	aasctl/invite.c \
	aasctl/keys.c \
	aasctl/lock.c \
	aasctl/recover.c \
	aasctl/lease.c \
	aasctl/lookup.c \
	aasctl/policy.c aasctl/policy.h \
	aasctl/policy_look.c aasctl/policy_make.c \
	aasctl/rehearse.c \
	aasctl/retire.c \
	aasctl/sessions.c aasctl/sessions.h \
	aasctl/sessions_codex.c \
	aasctl/status.c \
	aasctl/table.c \
	aasctl/verify.c \
	aasctl/view.c aasctl/view.h \
	aasctl/watch.c \
	aasctl/why.c aasctl/why.h aasctl/why_print.c \
	tools/announce.c tools/announce.h \
	aasctl/ask.c aasctl/ask_scene.c aasctl/ask.h \
	tools/everyone.c tools/everyone.h \
	tools/stacks.c tools/stacks.h \
	tools/client.c tools/client.h \
	tools/codex.c tools/codex.h \
	tools/attest_files.c tools/attest_files.h \
	tools/attest_remind.c tools/attest_remind.h \
	tools/attest_say.c tools/attest_say.h \
	tools/context.c tools/context.h \
	tools/policy_alias.c \
	tools/policy_build.c tools/policy_build.h \
	tools/policy_lint.c \
	tools/policy_origin.c tools/policy_origin.h \
	tools/policy_proof.c \
	tools/policy_told.c tools/policy_told.h \
	tools/raised.c tools/raised.h \
	tools/policy_settings.c \
	tools/policy_text.c tools/policy_text.h \
	tools/policy_zone.c \
	tools/sessions.c tools/sessions.h \
	tools/sessions_text.c \
	tools/sessions_codex.c tools/sessions_codex.h \
	tools/sessions_fit.c \
	tools/sessions_tree.c \
	tools/status.c tools/status.h \
	tools/tty.c tools/tty.h
aasctl_aasctl_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(NCURSES_CFLAGS) \
	$(SMARTCOLS_CFLAGS)
aasctl_aasctl_LDADD = lib/libaas-keep.la policy/signin/libsignin.la lib/libaas-attest.la policy/libaas-source.la \
	policy/libpolicy-build.la lib/libaas-conf.la \
	lib/libaas-enroll.la lib/libaas-notify.la $(JANSSON_LIBS) $(NCURSES_LIBS) $(SMARTCOLS_LIBS)

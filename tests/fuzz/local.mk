# tests/fuzz: its part of the one Makefile.
#
# make check replays the seeds with any compiler; make fuzz, which wants clang,
# searches for FUZZ_SECONDS with each target.
EXTRA_DIST += %D%/fuzz.mk %D%/corpus
dist_noinst_SCRIPTS += %D%/run.sh
FUZZ_SECONDS = 60

fuzz_cppflags = $(AM_CPPFLAGS) \
	-DFUZZ_CORPUS='"$(abs_srcdir)/tests/fuzz/corpus/"'
fuzz_replays = \
	%D%/replay_agent \
	%D%/replay_alert \
	%D%/replay_assertion \
	%D%/replay_ceremony \
	%D%/replay_codex \
	%D%/replay_conf \
	%D%/replay_ctap \
	%D%/replay_event \
	%D%/replay_exec \
	%D%/replay_files \
	%D%/replay_hint \
	%D%/replay_jws \
	%D%/replay_nets \
	%D%/replay_pam \
	%D%/replay_plugin \
	%D%/replay_proto \
	%D%/replay_record \
	%D%/replay_recovery \
	%D%/replay_request \
	%D%/replay_rules
check_PROGRAMS += $(fuzz_replays)
TESTS += $(fuzz_replays)

tests_fuzz_replay_agent_SOURCES = %D%/replay.c %D%/fuzz_agent.c
tests_fuzz_replay_agent_CPPFLAGS = $(fuzz_cppflags) -DFUZZ_NAME='"agent"'
tests_fuzz_replay_agent_LDADD = lib/libaas.la

tests_fuzz_replay_alert_SOURCES = %D%/replay.c %D%/fuzz_alert.c
tests_fuzz_replay_alert_CPPFLAGS = $(fuzz_cppflags) -DFUZZ_NAME='"alert"' \
	$(JANSSON_CFLAGS)
tests_fuzz_replay_alert_LDADD = lib/libaas-channels.la

tests_fuzz_replay_assertion_SOURCES = %D%/replay.c %D%/fuzz_assertion.c \
	%D%/fuzz.h
tests_fuzz_replay_assertion_CPPFLAGS = $(fuzz_cppflags) -DFUZZ_NAME='"assertion"'
tests_fuzz_replay_assertion_LDADD = lib/libaas.la

tests_fuzz_replay_ceremony_SOURCES = %D%/replay.c %D%/fuzz_ceremony.c
tests_fuzz_replay_ceremony_CPPFLAGS = $(fuzz_cppflags) -DFUZZ_NAME='"ceremony"'
tests_fuzz_replay_ceremony_LDADD = lib/libaas-ceremony.la

tests_fuzz_replay_codex_SOURCES = %D%/replay.c %D%/fuzz_codex.c
tests_fuzz_replay_codex_CPPFLAGS = $(fuzz_cppflags) -DFUZZ_NAME='"codex"'
tests_fuzz_replay_codex_LDADD = lib/libaas-codex.la lib/libaas-keep.la

tests_fuzz_replay_conf_SOURCES = %D%/replay.c %D%/fuzz_conf.c
tests_fuzz_replay_conf_CPPFLAGS = $(fuzz_cppflags) -DFUZZ_NAME='"conf"'
tests_fuzz_replay_conf_LDADD = lib/libaas-conf.la

tests_fuzz_replay_ctap_SOURCES = %D%/replay.c %D%/fuzz_ctap.c
tests_fuzz_replay_ctap_CPPFLAGS = $(fuzz_cppflags) -DFUZZ_NAME='"ctap"' \
	$(FIDO2_CFLAGS)
tests_fuzz_replay_ctap_LDADD = lib/libaas-ceremony.la
tests_fuzz_replay_ctap_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=read,--wrap=write,--wrap=poll,--wrap=_exit

tests_fuzz_replay_event_SOURCES = %D%/replay.c %D%/fuzz_event.c
tests_fuzz_replay_event_CPPFLAGS = $(fuzz_cppflags) -DFUZZ_NAME='"event"' \
	$(JANSSON_CFLAGS)
tests_fuzz_replay_event_LDADD = lib/libaas-base.la $(JANSSON_LIBS)

tests_fuzz_replay_exec_SOURCES = %D%/replay.c %D%/fuzz_exec.c
tests_fuzz_replay_exec_CPPFLAGS = $(fuzz_cppflags) -DFUZZ_NAME='"exec"' \
	$(JANSSON_CFLAGS)
tests_fuzz_replay_exec_LDADD = $(JANSSON_LIBS)

tests_fuzz_replay_files_SOURCES = %D%/replay.c %D%/fuzz_files.c
tests_fuzz_replay_files_CPPFLAGS = $(fuzz_cppflags) -DFUZZ_NAME='"files"'
tests_fuzz_replay_files_LDADD = policy/signin/libsignin.la policy/libpolicy-build.la lib/libaas-base.la

tests_fuzz_replay_jws_SOURCES = %D%/replay.c %D%/fuzz_jws.c
tests_fuzz_replay_jws_CPPFLAGS = $(fuzz_cppflags) -DFUZZ_NAME='"jws"' \
	$(JANSSON_CFLAGS)
tests_fuzz_replay_jws_LDADD = lib/libaas-attest.la lib/libaas.la \
	lib/libaas-conf.la $(JANSSON_LIBS)

# The calls it stands before: the fuzz-wrap lines of fuzz_pam.c.
tests_fuzz_replay_hint_SOURCES = %D%/replay.c %D%/fuzz_hint.c
tests_fuzz_replay_hint_CPPFLAGS = $(fuzz_cppflags) -DFUZZ_NAME='"hint"'
tests_fuzz_replay_hint_LDADD = lib/libaas-keep.la

tests_fuzz_replay_nets_SOURCES = %D%/replay.c %D%/fuzz_nets.c
tests_fuzz_replay_nets_CPPFLAGS = $(fuzz_cppflags) -DFUZZ_NAME='"nets"'
tests_fuzz_replay_nets_LDADD = lib/libaas-keep.la

tests_fuzz_replay_pam_SOURCES = %D%/replay.c %D%/fuzz_pam.c \
	pam_aas/pam_aas.c
tests_fuzz_replay_pam_CPPFLAGS = $(fuzz_cppflags) -DFUZZ_NAME='"pam"'
tests_fuzz_replay_pam_LDADD = policy/libpolicy-build.la $(PAM_PARTS)
tests_fuzz_replay_pam_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=aas_spawn,--wrap=aas_child_end,--wrap=aas_user_name \
	-Wl,--wrap=aas_index_find,--wrap=aas_policy_open_seen \
	-Wl,--wrap=aas_ticket_write,--wrap=aas_ticket_drop,--wrap=aas_log \
	-Wl,--wrap=geteuid,--wrap=getuid,--wrap=getrandom,--wrap=malloc \
	-Wl,--wrap=calloc,--wrap=sendmsg,--wrap=recvmsg,--wrap=poll \
	-Wl,--wrap=clock_gettime,--wrap=open,--wrap=openat,--wrap=read \
	-Wl,--wrap=fstat

# It takes gather.c in, so the library's own is left out.
tests_fuzz_replay_plugin_SOURCES = %D%/replay.c %D%/fuzz_plugin.c
tests_fuzz_replay_plugin_CPPFLAGS = $(fuzz_cppflags) -DFUZZ_NAME='"plugin"'
tests_fuzz_replay_plugin_LDADD = policy/libaas-source.la
tests_fuzz_replay_plugin_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=aas_groups_gid

tests_fuzz_replay_proto_SOURCES = %D%/replay.c %D%/fuzz_proto.c
tests_fuzz_replay_proto_CPPFLAGS = $(fuzz_cppflags) -DFUZZ_NAME='"proto"'
tests_fuzz_replay_proto_LDADD = lib/libaas-base.la

tests_fuzz_replay_record_SOURCES = %D%/replay.c %D%/fuzz_record.c
tests_fuzz_replay_record_CPPFLAGS = $(fuzz_cppflags) -DFUZZ_NAME='"record"'
tests_fuzz_replay_record_LDADD = lib/libaas.la

tests_fuzz_replay_recovery_SOURCES = %D%/replay.c %D%/fuzz_recovery.c
tests_fuzz_replay_recovery_CPPFLAGS = $(fuzz_cppflags) -DFUZZ_NAME='"recovery"'
tests_fuzz_replay_recovery_LDADD = lib/libaas.la

tests_fuzz_replay_request_SOURCES = %D%/replay.c %D%/fuzz_request.c \
	aasd/ask.c aasd/asker.c aasd/begun.c aasd/codex.c \
	aasd/lease.c aasd/lease_dir.c aasd/lease_list.c \
	aasd/lease_tell.c aasd/leases.c \
	aasd/line.c aasd/ops.c tools/told.c aasd/rule.c tools/status.c \
	aasd/alerts.c tools/alerts.c \
	aasd/ends.c aasd/grantor.c aasd/keep.c \
	aasd/keep_due.c aasd/keep_tick.c aasd/ledger.c \
	aasd/extend.c aasd/extended.c \
	aasd/ctl.c aasd/hint.c aasd/manager.c aasd/sessions.c \
	aasd/sessions_end.c aasd/signout.c aasd/within.c
tests_fuzz_replay_request_CPPFLAGS = $(fuzz_cppflags) \
	-DFUZZ_NAME='"request"' $(JANSSON_CFLAGS)
tests_fuzz_replay_request_LDADD = lib/libaas-notify.la lib/libaas-keep.la policy/signin/libsignin.la policy/libpolicy.la lib/libaas-enroll.la
tests_fuzz_replay_request_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=aas_store_load,--wrap=aas_store_append \
	-Wl,--wrap=aas_store_read,--wrap=aas_user_uid,--wrap=aasd_held_note \
	-Wl,--wrap=aas_shadow_follow,--wrap=aas_announce,--wrap=aas_log \
	-Wl,--wrap=aasd_keep_look,--wrap=aasd_keep_look_since \
	-Wl,--wrap=aasd_keep_end \
	-Wl,--wrap=aasd_keep_extend,--wrap=aasd_link_ask

tests_fuzz_replay_rules_SOURCES = %D%/replay.c %D%/fuzz_rules.c
tests_fuzz_replay_rules_CPPFLAGS = $(fuzz_cppflags) -DFUZZ_NAME='"rules"' \
	$(LIBCONFIG_CFLAGS)
tests_fuzz_replay_rules_LDADD = policy/libpolicy-build.la lib/libaas-conf.la \
	$(LIBCONFIG_LIBS)

# Whoever changes a format writes the seeds anew.
if HAVE_CMOCKA
EXTRA_PROGRAMS += %D%/seeds
tests_fuzz_seeds_SOURCES = %D%/seeds.c %D%/seed.c %D%/seed.h
tests_fuzz_seeds_LDADD = tests/libsigner.la policy/signin/libsignin.la policy/libpolicy-build.la \
	lib/libaas-ceremony.la
EXTRA_PROGRAMS += %D%/seeds_plugin
tests_fuzz_seeds_plugin_SOURCES = %D%/seeds_plugin.c %D%/seed.c %D%/seed.h
tests_fuzz_seeds_plugin_LDADD = policy/libaas-source.la
seeds: tests/fuzz/seeds tests/fuzz/seeds_plugin
	tests/fuzz/seeds $(abs_srcdir)/tests/fuzz/corpus
	tests/fuzz/seeds_plugin $(abs_srcdir)/tests/fuzz/corpus
endif

# Without clang and libFuzzer this says so and fails: ask for it only where
# they are.
fuzz: config.h
	$(MKDIR_P) tests/fuzz/bin
	$(MAKE) -C tests/fuzz/bin -f $(abs_srcdir)/tests/fuzz/fuzz.mk \
	    SRC=$(abs_srcdir) OBJ=$(abs_builddir) CC=clang
	$(abs_srcdir)/tests/fuzz/run.sh $(abs_srcdir) \
	    $(abs_builddir)/tests/fuzz/bin $(FUZZ_SECONDS)

clean-local: clean-fuzz
clean-fuzz:
	rm -rf tests/fuzz/bin tests/fuzz/seeds

.PHONY: fuzz clean-fuzz seeds

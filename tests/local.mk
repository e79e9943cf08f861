# What no compiler checks: who includes whom, what the module shows, what is
# left unfinished.
SOURCE_CHECKS = tests/check-abi.sh tests/check-cases.sh tests/check-includes.sh \
	tests/check-module.sh tests/check-pages.sh tests/check-usage.sh \
	tests/check-words.sh
EXTRA_DIST += tests/cases.txt
dist_noinst_SCRIPTS += $(SOURCE_CHECKS)
TESTS += $(SOURCE_CHECKS)

# tests/test_FILE.c tests lib/FILE.c.  More libraries go before $(TEST_LIBS).
if HAVE_CMOCKA
AM_CPPFLAGS += $(CMOCKA_CFLAGS)
TEST_LIBS = tests/libfixture.la lib/libaas-base.la $(CMOCKA_LIBS)
# For tests that ask wipe_covers(): explicit_bzero(3) goes through
# tests/wipe.c, which such a test adds to its sources.
WRAP_WIPE = -Wl,--wrap=explicit_bzero,--wrap=__explicit_bzero_chk
# For tests of memory that runs out, with tests/nomem.c.
WRAP_NOMEM = -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup

check_LTLIBRARIES += tests/libfixture.la
tests_libfixture_la_SOURCES = tests/fixture.c tests/fixture.h

BASE_TESTS = \
	tests/test_clock \
	tests/test_err \
	tests/test_frame \
	tests/test_fs \
	tests/test_log \
	tests/test_mark \
	tests/test_origin \
	tests/test_own \
	tests/test_proc \
	tests/test_put \
	tests/test_secret \
	tests/test_spawn \
	tests/test_user \
	tests/test_utf8 \
	tests/test_wire
check_PROGRAMS += $(BASE_TESTS)
TESTS += $(BASE_TESTS)

# Events.
ALERT_TESTS = tests/test_alert tests/test_chain tests/test_crowd tests/test_place \
	tests/test_take
check_PROGRAMS += $(ALERT_TESTS)
TESTS += $(ALERT_TESTS)
tests_test_alert_SOURCES = tests/test_alert.c tests/depot.h
tests_test_alert_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_test_alert_LDADD = lib/libaas-channels.la $(TEST_LIBS) $(JANSSON_LIBS)
tests_test_crowd_SOURCES = tests/test_crowd.c
tests_test_crowd_LDADD = lib/libaas-channels.la $(TEST_LIBS)
tests_test_place_SOURCES = tests/test_place.c
tests_test_place_LDADD = lib/libaas-channels.la $(TEST_LIBS)
tests_test_take_SOURCES = tests/test_take.c tests/depot.h
tests_test_take_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_test_take_LDADD = lib/libaas-channels.la $(TEST_LIBS) $(JANSSON_LIBS)
tests_test_chain_SOURCES = tests/test_chain.c tests/depot.h
tests_test_chain_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_test_chain_LDADD = lib/libaas-channels.la $(TEST_LIBS) $(JANSSON_LIBS)

EVENT_TESTS = tests/test_attempts tests/test_away tests/test_duty tests/test_event tests/test_spool
check_PROGRAMS += $(EVENT_TESTS)
TESTS += $(EVENT_TESTS)
tests_test_attempts_SOURCES = tests/test_attempts.c
tests_test_attempts_LDADD = $(TEST_LIBS)
tests_test_away_SOURCES = tests/test_away.c tests/self.h
tests_test_away_LDADD = $(TEST_LIBS)
tests_test_duty_SOURCES = tests/test_duty.c
tests_test_duty_LDADD = $(TEST_LIBS)
tests_test_event_SOURCES = tests/test_event.c
tests_test_event_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_test_event_LDADD = $(TEST_LIBS) $(JANSSON_LIBS)
tests_test_spool_SOURCES = tests/test_spool.c
tests_test_spool_LDADD = $(TEST_LIBS)
tests_test_spool_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=syscall,--wrap=write \
	-Wl,--wrap=aas_fs_openat,--wrap=renameat2,--wrap=getrlimit \
	-Wl,--wrap=fstatat

# How sessions end.
KEEP_TESTS = tests/test_book tests/test_due tests/test_hint tests/test_input \
	tests/test_keep tests/test_nets
check_PROGRAMS += $(KEEP_TESTS)
TESTS += $(KEEP_TESTS)
tests_test_book_SOURCES = tests/test_book.c
tests_test_book_LDADD = lib/libaas-keep.la $(TEST_LIBS)
tests_test_hint_SOURCES = tests/test_hint.c
tests_test_hint_LDADD = lib/libaas-keep.la $(TEST_LIBS)
tests_test_input_SOURCES = tests/test_input.c
tests_test_input_LDADD = lib/libaas-keep.la $(TEST_LIBS)
tests_test_input_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=aas_term_input \
	-Wl,--wrap=aas_codex_link
tests_test_due_SOURCES = tests/test_due.c
tests_test_due_LDADD = lib/libaas-keep.la $(TEST_LIBS)
tests_test_nets_SOURCES = tests/test_nets.c
tests_test_nets_LDADD = lib/libaas-keep.la $(TEST_LIBS)
tests_test_keep_SOURCES = tests/test_keep.c
tests_test_keep_LDADD = lib/libaas-keep.la $(TEST_LIBS)
tests_test_keep_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=aas_proc_audit,--wrap=aas_proc_session \
	-Wl,--wrap=aas_pids_next,--wrap=aas_pids_skip

tests_test_clock_SOURCES = tests/test_clock.c
tests_test_clock_LDADD = $(TEST_LIBS)
tests_test_err_SOURCES = tests/test_err.c
tests_test_err_LDADD = $(TEST_LIBS)
tests_test_frame_SOURCES = tests/test_frame.c tests/wipe.c
tests_test_frame_LDADD = $(TEST_LIBS)
tests_test_frame_LDFLAGS = $(AM_LDFLAGS) $(WRAP_WIPE) -Wl,--wrap=poll
tests_test_fs_SOURCES = tests/test_fs.c tests/wipe.c
tests_test_fs_LDADD = $(TEST_LIBS)
tests_test_fs_LDFLAGS = $(AM_LDFLAGS) $(WRAP_WIPE) \
	-Wl,--wrap=read,--wrap=__read_chk
tests_test_mark_SOURCES = tests/test_mark.c
tests_test_mark_LDADD = $(TEST_LIBS)
tests_test_log_SOURCES = tests/test_log.c
tests_test_log_LDADD = $(TEST_LIBS)
tests_test_log_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=syslog,--wrap=__syslog_chk
tests_test_own_SOURCES = tests/test_own.c
tests_test_own_CFLAGS = $(AM_CFLAGS) -fno-builtin
tests_test_own_LDADD = $(TEST_LIBS)
tests_test_origin_SOURCES = tests/test_origin.c
tests_test_origin_LDADD = $(TEST_LIBS)
tests_test_origin_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=aas_proc_audit \
	-Wl,--wrap=getppid
tests_test_proc_SOURCES = tests/test_proc.c
tests_test_proc_LDADD = $(TEST_LIBS)
tests_test_put_SOURCES = tests/test_put.c
tests_test_put_LDADD = $(TEST_LIBS)
tests_test_secret_SOURCES = tests/test_secret.c tests/wipe.c
tests_test_secret_LDADD = $(TEST_LIBS)
tests_test_secret_LDFLAGS = $(AM_LDFLAGS) $(WRAP_WIPE)
tests_test_spawn_SOURCES = tests/test_spawn.c tests/self.h
tests_test_spawn_LDADD = $(TEST_LIBS)
tests_test_user_SOURCES = tests/test_user.c tests/wipe.c
tests_test_user_LDADD = $(TEST_LIBS)
tests_test_user_LDFLAGS = $(AM_LDFLAGS) $(WRAP_WIPE) \
	-Wl,--wrap=getpwnam_r,--wrap=getpwuid_r,--wrap=getgrouplist \
	-Wl,--wrap=getgrgid_r,--wrap=openat,--wrap=openat64
tests_test_utf8_SOURCES = tests/test_utf8.c
tests_test_utf8_LDADD = $(TEST_LIBS)
tests_test_wire_SOURCES = tests/test_wire.c
tests_test_wire_LDADD = $(TEST_LIBS)
endif

# Settings, tools, enrolment.
if HAVE_CMOCKA
check_PROGRAMS += tests/test_rule
TESTS += tests/test_rule
tests_test_rule_SOURCES = tests/test_rule.c
tests_test_rule_LDADD = policy/libaas-rule.la $(TEST_LIBS)
tests_test_rule_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=calloc

check_PROGRAMS += tests/test_alias tests/test_zone tests/test_policy_text
TESTS += tests/test_alias tests/test_zone tests/test_policy_text
tests_test_alias_SOURCES = tests/test_alias.c tools/policy_build.h \
	tools/policy_alias.c
tests_test_alias_LDADD = policy/libpolicy-build.la $(TEST_LIBS)
tests_test_alias_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=setpwent,--wrap=getpwent,--wrap=endpwent
tests_test_zone_SOURCES = tests/test_zone.c tools/policy_build.h \
	tools/policy_zone.c
tests_test_zone_LDADD = $(TEST_LIBS)
tests_test_policy_text_SOURCES = tests/test_policy_text.c \
	tests/plugin_host.c tests/plugin_host.h \
	tools/policy_text.c tools/policy_text.h
tests_test_policy_text_LDADD = policy/signin/libsignin.la policy/plugins/libaas-files.la \
	policy/libaas-rule.la lib/libaas-conf.la $(TEST_LIBS)

# Attestations that are about to end.
check_PROGRAMS += tests/test_remind
TESTS += tests/test_remind
tests_test_remind_SOURCES = tests/test_remind.c \
	tools/attest_files.c tools/attest_files.h \
	tools/attest_remind.c tools/attest_remind.h \
	tools/raised.c tools/raised.h
tests_test_remind_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_test_remind_LDADD = lib/libaas-attest.la lib/libaas-conf.la \
	lib/libaas-enroll.la lib/libaas.la $(TEST_LIBS) $(JANSSON_LIBS)

# Policy as aasctl and aasd have it made.
check_PROGRAMS += tests/test_policy_build
TESTS += tests/test_policy_build
tests_test_policy_build_SOURCES = tests/test_policy_build.c \
	aasd/watch.c aasd/watch.h \
	tools/policy_build.c tools/policy_build.h tools/policy_settings.c \
	tools/policy_origin.c tools/policy_origin.h tools/policy_zone.c \
	tools/policy_told.c tools/policy_told.h tools/policy_alias.c \
	tools/policy_proof.c \
	tools/raised.c tools/raised.h tools/told.c tools/told.h
tests_test_policy_build_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_test_policy_build_LDADD = policy/libaas-source.la \
	policy/libpolicy-build.la lib/libaas-conf.la lib/libaas-enroll.la \
	lib/libaas.la $(TEST_LIBS) $(JANSSON_LIBS)
tests_test_policy_build_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=aas_gather_run

check_PROGRAMS += tests/test_files
TESTS += tests/test_files
tests_test_files_SOURCES = tests/test_files.c \
	tests/plugin_host.c tests/plugin_host.h
tests_test_files_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) $(LIBCONFIG_CFLAGS)
tests_test_files_LDADD = policy/plugins/libaas-files.la policy/libaas-rule.la \
	lib/libaas-conf.la $(LIBCONFIG_LIBS) $(TEST_LIBS)

if !SANITIZE
check_PROGRAMS += tests/test_files_nomem
TESTS += tests/test_files_nomem
tests_test_files_nomem_SOURCES = tests/test_files_nomem.c \
	tests/plugin_host.c tests/plugin_host.h
tests_test_files_nomem_LDADD = policy/plugins/libaas-files.la \
	policy/libaas-rule.la lib/libaas-conf.la
endif

check_PROGRAMS += tests/test_conf
TESTS += tests/test_conf
tests_test_conf_SOURCES = tests/test_conf.c
tests_test_conf_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_test_conf_LDADD = lib/libaas-conf.la $(CMOCKA_LIBS)

check_PROGRAMS += tests/test_enroll
TESTS += tests/test_enroll
tests_test_enroll_SOURCES = tests/test_enroll.c
tests_test_enroll_LDADD = tests/libsigner.la lib/libaas-enroll.la $(TEST_LIBS)

check_PROGRAMS += tests/test_change tests/test_recover tests/test_relay
TESTS += tests/test_change tests/test_recover tests/test_relay
tests_test_recover_SOURCES = tests/test_recover.c
tests_test_recover_LDADD = tests/libsigner.la lib/libaas-enroll.la $(TEST_LIBS)
tests_test_change_SOURCES = tests/test_change.c
tests_test_change_LDADD = tests/libsigner.la lib/libaas-enroll.la $(TEST_LIBS)
tests_test_relay_SOURCES = tests/test_relay.c
tests_test_relay_LDADD = lib/libaas-enroll.la $(TEST_LIBS)

check_PROGRAMS += tests/test_tty
TESTS += tests/test_tty
tests_test_tty_SOURCES = tests/test_tty.c tools/tty.c tools/tty.h
tests_test_tty_LDADD = $(TEST_LIBS)

check_PROGRAMS += tests/test_sessions
TESTS += tests/test_sessions
tests_test_sessions_SOURCES = tests/test_sessions.c tools/sessions.c tools/sessions_text.c \
	tools/sessions.h tools/sessions_fit.c tools/sessions_tree.c \
	tools/sessions_codex.c tools/sessions_codex.h
tests_test_sessions_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_test_sessions_LDADD = lib/libaas-keep.la $(TEST_LIBS) $(JANSSON_LIBS)

check_PROGRAMS += tests/test_codex
TESTS += tests/test_codex
tests_test_codex_SOURCES = tests/test_codex.c tools/codex.c tools/codex.h \
	tools/sessions.c tools/sessions.h \
	tools/sessions_text.c \
	tools/sessions_codex.c tools/sessions_codex.h
tests_test_codex_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_test_codex_LDADD = lib/libaas-keep.la lib/libaas-enroll.la $(TEST_LIBS) $(JANSSON_LIBS)

check_PROGRAMS += tests/test_codex_scan
TESTS += tests/test_codex_scan
tests_test_codex_scan_SOURCES = tests/test_codex_scan.c
tests_test_codex_scan_CPPFLAGS = $(AM_CPPFLAGS) $(ZSTD_CFLAGS)
tests_test_codex_scan_LDADD = lib/libaas-codex.la $(TEST_LIBS) $(ZSTD_LIBS)

check_PROGRAMS += tests/test_lease
TESTS += tests/test_lease
tests_test_lease_SOURCES = tests/test_lease.c tests/aasd_host.h tests/policy_make.h \
	aasd/ask.c aasd/begun.c aasd/lease.c \
	aasd/lease_dir.c aasd/lease_list.c \
	aasd/lease_tell.c \
	aasd/grantor.c aasd/grantor.h \
	aasd/line.c aasd/link.c \
	aasd/rule.c aasd/rule.h \
	tools/told.c tools/told.h
tests_test_lease_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_test_lease_LDADD = policy/libpolicy-build.la tests/libsigner.la lib/libaas-enroll.la $(TEST_LIBS) $(JANSSON_LIBS)

check_PROGRAMS += tests/test_extend
TESTS += tests/test_extend
tests_test_extend_SOURCES = tests/test_extend.c tests/aasd_host.h tests/policy_make.h \
	aasd/ask.c aasd/extend.c aasd/extend.h \
	aasd/line.c aasd/link.c \
	aasd/rule.c aasd/rule.h
tests_test_extend_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_test_extend_LDADD = policy/libpolicy-build.la tests/libsigner.la lib/libaas-enroll.la $(TEST_LIBS) $(JANSSON_LIBS)

check_PROGRAMS += tests/test_aasd tests/test_seat
TESTS += tests/test_aasd tests/test_seat
check_PROGRAMS += tests/test_signout
TESTS += tests/test_signout
tests_test_signout_SOURCES = tests/test_signout.c \
	aasd/ctl.c aasd/ends.c aasd/grantor.c \
	aasd/hint.c aasd/keep.c \
	aasd/keep_due.c aasd/keep_tick.c \
	aasd/ledger.c aasd/leases.c aasd/manager.c \
	aasd/signout.c
tests_test_signout_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_test_signout_LDADD = lib/libaas-keep.la lib/libaas-enroll.la \
	$(TEST_LIBS) $(JANSSON_LIBS)
check_PROGRAMS += tests/test_ends
TESTS += tests/test_ends
tests_test_ends_SOURCES = tests/test_ends.c \
	aasd/ctl.c aasd/ends.c aasd/grantor.c \
	aasd/hint.c aasd/keep.c \
	aasd/keep_due.c aasd/keep_tick.c \
	aasd/ledger.c aasd/leases.c aasd/manager.c \
	aasd/signout.c
tests_test_ends_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_test_ends_LDADD = lib/libaas-keep.la lib/libaas-enroll.la \
	$(TEST_LIBS) $(JANSSON_LIBS)
tests_test_ends_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=aas_learn_input \
	-Wl,--wrap=aas_clock_boot
tests_test_seat_SOURCES = tests/test_seat.c aasd/seat.c aasd/seat.h
tests_test_seat_LDADD = $(TEST_LIBS)
tests_test_aasd_SOURCES = tests/test_aasd.c \
	aasd/aasd.h aasd/ask.c aasd/codex.c aasd/conn.c aasd/held.c \
	aasd/serve.c aasd/take.c \
	aasd/begun.c aasd/lease.c aasd/lease_dir.c \
	aasd/lease_list.c aasd/lease_tell.c \
	aasd/extend.c aasd/extend.h \
	aasd/rule.c aasd/rule.h \
	aasd/line.c aasd/link.c aasd/ops.c tools/told.c \
	aasd/seat.c aasd/seat.h \
	aasd/alerts.c tools/alerts.c tools/alerts.h \
	tools/client.c tools/client.h tools/status.c tools/status.h
tests_test_aasd_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_test_aasd_LDADD = lib/libaas-notify.la lib/libaas-keep.la policy/signin/libsignin.la policy/libpolicy.la tests/libsigner.la lib/libaas-enroll.la $(TEST_LIBS)
tests_test_aasd_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=aas_shadow_lock \
	-Wl,--wrap=aas_shadow_unlock -Wl,--wrap=aas_announce
endif

# The record.  tests/signer.h makes keys and proofs without a device; link
# tests/libsigner.la before $(TEST_LIBS).
if HAVE_CMOCKA
check_LTLIBRARIES += tests/libsigner.la
tests_libsigner_la_SOURCES = tests/signer.c tests/signer.h
tests_libsigner_la_CPPFLAGS = $(AM_CPPFLAGS) $(CRYPTO_CFLAGS)
tests_libsigner_la_LIBADD = lib/libaas.la

RECORD_LIBS = tests/libsigner.la $(TEST_LIBS)
RECORD_TESTS = \
	tests/test_assertion \
	tests/test_b64 \
	tests/test_index \
	tests/test_nomem \
	tests/test_record \
	tests/test_recovery \
	tests/test_sshsk \
	tests/test_store
check_PROGRAMS += $(RECORD_TESTS) tests/store_step
TESTS += $(RECORD_TESTS) tests/it_store_faults.sh tests/it_notify_faults.sh \
	tests/it_notify_text.sh tests/it_notify_wait.sh
dist_noinst_SCRIPTS += tests/it_store_faults.sh tests/it_notify_faults.sh \
	tests/it_notify_text.sh tests/it_notify_wait.sh
check_PROGRAMS += tests/notify_step
tests_notify_step_SOURCES = tests/notify_step.c
tests_notify_step_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_notify_step_LDADD = lib/libaas-channels.la
tests_test_assertion_SOURCES = tests/test_assertion.c
tests_test_assertion_LDADD = $(RECORD_LIBS)
tests_test_b64_SOURCES = tests/test_b64.c
tests_test_b64_LDADD = $(RECORD_LIBS)
tests_test_index_SOURCES = tests/test_index.c
tests_test_index_LDADD = $(TEST_LIBS)
tests_test_nomem_SOURCES = tests/test_nomem.c tests/nomem.c tests/nomem.h
tests_test_nomem_CPPFLAGS = $(AM_CPPFLAGS) $(CRYPTO_CFLAGS) $(JANSSON_CFLAGS)
tests_test_nomem_LDADD = $(RECORD_LIBS) $(CRYPTO_LIBS) $(JANSSON_LIBS)
tests_test_nomem_LDFLAGS = $(AM_LDFLAGS) $(WRAP_NOMEM)
tests_test_record_SOURCES = tests/test_record.c
tests_test_record_LDADD = $(RECORD_LIBS)
tests_test_sshsk_SOURCES = tests/test_sshsk.c
tests_test_sshsk_LDADD = $(RECORD_LIBS)
tests_test_recovery_SOURCES = tests/test_recovery.c tests/wipe.c
tests_test_recovery_LDADD = $(RECORD_LIBS)
tests_test_recovery_LDFLAGS = $(AM_LDFLAGS) $(WRAP_WIPE)
tests_store_step_SOURCES = tests/store_step.c
tests_store_step_LDADD = $(RECORD_LIBS)
tests_test_store_SOURCES = tests/test_store.c
tests_test_store_LDADD = $(RECORD_LIBS)
endif

include tests/pam.mk
include tests/ceremony.mk
include tests/attest.mk
include tests/source.mk

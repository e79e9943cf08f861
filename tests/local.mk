# What no compiler checks: who includes whom, what the module shows, what is
# left unfinished.
SOURCE_CHECKS = tests/check-abi.sh tests/check-includes.sh tests/check-module.sh \
	tests/check-words.sh
dist_noinst_SCRIPTS += $(SOURCE_CHECKS)
TESTS += $(SOURCE_CHECKS)

# tests/test_FILE.c tests lib/FILE.c.  More libraries go before $(TEST_LIBS).
if HAVE_CMOCKA
AM_CPPFLAGS += $(CMOCKA_CFLAGS)
TEST_LIBS = tests/libfixture.la lib/libaas-base.la $(CMOCKA_LIBS)
# For tests that ask wipe_covers(): explicit_bzero(3) goes through
# tests/wipe.c, which such a test adds to its sources.
WRAP_WIPE = -Wl,--wrap=explicit_bzero,--wrap=__explicit_bzero_chk

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
	tests/test_proc \
	tests/test_put \
	tests/test_secret \
	tests/test_spawn \
	tests/test_user \
	tests/test_utf8 \
	tests/test_wire
check_PROGRAMS += $(BASE_TESTS)
TESTS += $(BASE_TESTS)

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
tests_test_origin_SOURCES = tests/test_origin.c
tests_test_origin_LDADD = $(TEST_LIBS)
tests_test_origin_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=aas_proc_audit
tests_test_proc_SOURCES = tests/test_proc.c
tests_test_proc_LDADD = $(TEST_LIBS)
tests_test_put_SOURCES = tests/test_put.c
tests_test_put_LDADD = $(TEST_LIBS)
tests_test_secret_SOURCES = tests/test_secret.c tests/wipe.c
tests_test_secret_LDADD = $(TEST_LIBS)
tests_test_secret_LDFLAGS = $(AM_LDFLAGS) $(WRAP_WIPE)
tests_test_spawn_SOURCES = tests/test_spawn.c
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
	tools/policy_text.c tools/policy_text.h
tests_test_policy_text_LDADD = policy/plugins/libaas-files.la \
	policy/libaas-rule.la $(TEST_LIBS)

# Policy as aasctl and aasd have it made.
check_PROGRAMS += tests/test_policy_build
TESTS += tests/test_policy_build
tests_test_policy_build_SOURCES = tests/test_policy_build.c \
	tools/aasd_watch.c tools/aasd_watch.h \
	tools/policy_build.c tools/policy_build.h \
	tools/policy_origin.c tools/policy_origin.h tools/policy_zone.c \
	tools/policy_alias.c
tests_test_policy_build_LDADD = policy/libaas-source.la \
	policy/libpolicy-build.la lib/libaas-conf.la lib/libaas.la \
	$(TEST_LIBS)
tests_test_policy_build_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=aas_gather_run

check_PROGRAMS += tests/test_files
TESTS += tests/test_files
tests_test_files_SOURCES = tests/test_files.c
tests_test_files_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) $(LIBCONFIG_CFLAGS)
tests_test_files_LDADD = policy/plugins/libaas-files.la policy/libaas-rule.la \
	lib/libaas-conf.la $(LIBCONFIG_LIBS) $(TEST_LIBS)

if !SANITIZE
check_PROGRAMS += tests/test_files_nomem
TESTS += tests/test_files_nomem
tests_test_files_nomem_SOURCES = tests/test_files_nomem.c
tests_test_files_nomem_LDADD = policy/plugins/libaas-files.la
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

check_PROGRAMS += tests/test_change tests/test_relay
TESTS += tests/test_change tests/test_relay
tests_test_change_SOURCES = tests/test_change.c
tests_test_change_LDADD = tests/libsigner.la lib/libaas-enroll.la $(TEST_LIBS)
tests_test_relay_SOURCES = tests/test_relay.c
tests_test_relay_LDADD = lib/libaas-enroll.la $(TEST_LIBS)

check_PROGRAMS += tests/test_aasd
TESTS += tests/test_aasd
tests_test_aasd_SOURCES = tests/test_aasd.c \
	tools/aasd.h tools/aasd_conn.c tools/aasd_held.c tools/aasd_ops.c \
	tools/client.c tools/client.h tools/status.c tools/status.h
tests_test_aasd_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_test_aasd_LDADD = policy/signin/libsignin.la tests/libsigner.la lib/libaas-enroll.la $(TEST_LIBS)
tests_test_aasd_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=aas_shadow_lock \
	-Wl,--wrap=aas_shadow_unlock -Wl,--wrap=aasd_tell
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
	tests/test_store
check_PROGRAMS += $(RECORD_TESTS) tests/store_step
TESTS += $(RECORD_TESTS) tests/it_store_faults.sh
dist_noinst_SCRIPTS += tests/it_store_faults.sh
tests_test_assertion_SOURCES = tests/test_assertion.c
tests_test_assertion_LDADD = $(RECORD_LIBS)
tests_test_b64_SOURCES = tests/test_b64.c
tests_test_b64_LDADD = $(RECORD_LIBS)
tests_test_index_SOURCES = tests/test_index.c
tests_test_index_LDADD = $(TEST_LIBS)
tests_test_nomem_SOURCES = tests/test_nomem.c
tests_test_nomem_CPPFLAGS = $(AM_CPPFLAGS) $(CRYPTO_CFLAGS) $(JANSSON_CFLAGS)
tests_test_nomem_LDADD = $(RECORD_LIBS) $(CRYPTO_LIBS) $(JANSSON_LIBS)
tests_test_nomem_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc
tests_test_record_SOURCES = tests/test_record.c
tests_test_record_LDADD = $(RECORD_LIBS)
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

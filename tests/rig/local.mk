# tests/rig: its part of the one Makefile.

# The private hosts.
dist_noinst_SCRIPTS += dev %D%/boot.sh %D%/build.sh %D%/host.sh %D%/init.sh \
	tests/ring2.sh
dist_noinst_SCRIPTS += %D%/demo/demo.sh %D%/demo/talk.exp
EXTRA_DIST += %D%/lib.sh %D%/lease.sh %D%/notices.py %D%/notify.sh \
	%D%/packages %D%/sessions.sh
IT_TESTS = tests/it_aasd.sh tests/it_boot.sh tests/it_enroll.sh tests/it_guess.sh tests/it_host.sh
IT_TESTS += tests/it_authority.sh tests/it_stranger.sh
IT_TESTS += tests/it_attest.sh
IT_TESTS += tests/it_unlock.sh
IT_TESTS += tests/it_clone.sh
IT_TESTS += tests/it_hosts.sh
IT_TESTS += tests/it_kinds.sh
IT_TESTS += tests/it_load.sh
IT_TESTS += tests/it_calls.sh
IT_TESTS += tests/it_rehearse.sh
IT_TESTS += tests/it_full.sh
IT_TESTS += tests/it_plugin.sh
IT_TESTS += tests/it_origin.sh
IT_TESTS += tests/it_elsewhere.sh
IT_TESTS += tests/it_policy.sh tests/it_groups.sh
IT_TESTS += tests/it_reauth.sh
IT_TESTS += tests/it_extend.sh tests/it_within.sh
IT_TESTS += tests/it_lease.sh tests/it_lease_boot.sh
IT_TESTS += tests/it_lease_queue.sh
IT_TESTS += tests/it_scope.sh
IT_TESTS += tests/it_two_keys.sh
IT_TESTS += tests/it_signout.sh
IT_TESTS += tests/it_lock_recovery.sh
IT_TESTS += tests/it_told.sh
IT_TESTS += tests/it_sessions.sh
IT_TESTS += tests/it_sessions_boot.sh
IT_TESTS += tests/it_dashboard.sh
IT_TESTS += tests/it_codex.sh
IT_TESTS += tests/it_codex_list.sh
IT_TESTS += tests/it_codex_many.sh tests/it_codex_boot.sh
IT_TESTS += tests/it_notify.sh tests/it_notify_kill.sh \
	tests/it_notify_apart.sh tests/it_notify_boot.sh tests/it_notify_desktop.sh \
	tests/it_notify_group.sh tests/it_notify_full.sh tests/it_notify_samples.sh
IT_TESTS += tests/it_keeper.sh
IT_TESTS += tests/it_flood.sh tests/it_forge.sh
IT_TESTS += tests/it_idle_display.sh tests/it_typing.sh
IT_TESTS += tests/it_idle.sh tests/it_kept.sh tests/it_outlive.sh
IT_TESTS += tests/it_networks.sh tests/it_events.sh
IT_TESTS += tests/it_lock.sh
IT_TESTS += tests/it_package.sh tests/it_signin.sh
IT_TESTS += tests/it_undelivered.sh
IT_TESTS += tests/it_upgrade.sh
TESTS += $(IT_TESTS)
EXTRA_DIST += $(IT_TESTS) tests/coverage.h

# The software keys; tests/rig/README.md.
EXTRA_DIST += %D%/README.md
dist_noinst_SCRIPTS += tests/it_rig.sh
if HAVE_RIG
noinst_PROGRAMS += %D%/hidsup %D%/softkeyd %D%/softkey
tests_rig_hidsup_SOURCES = %D%/hidsup.c %D%/hidraw.h
tests_rig_softkey_SOURCES = %D%/softkey.c %D%/softkeyd.h
tests_rig_softkeyd_SOURCES = \
	%D%/softkeyd.c %D%/softkeyd.h \
	%D%/softkeyd_cmd.c \
	%D%/softkeyd_port.c \
	%D%/softkeyd_sysfs.c
tests_rig_softkeyd_LDADD = %D%/librig.la

# Who tries to outlive a session.
noinst_PROGRAMS += %D%/outlive
tests_rig_outlive_SOURCES = %D%/outlive.c
tests_rig_outlive_CFLAGS = $(AM_CFLAGS) -pthread

# Who kills a program at a system call of its own.
noinst_PROGRAMS += %D%/kill_at
tests_rig_kill_at_SOURCES = %D%/kill_at.c

# A sendmail that is set-group-ID.
noinst_PROGRAMS += %D%/maildrop
tests_rig_maildrop_SOURCES = %D%/maildrop.c

# The key alone, for unit tests, fuzzing and benchmarks.
noinst_LTLIBRARIES += %D%/librig.la
tests_rig_librig_la_SOURCES = \
	%D%/authenticator.c %D%/authenticator.h %D%/authenticator_priv.h \
	%D%/authenticator_fault.c \
	%D%/authenticator_get.c \
	%D%/authenticator_info.c \
	%D%/authenticator_make.c \
	%D%/authenticator_pin.c \
	%D%/authenticator_set.c \
	%D%/authenticator_store.c \
	%D%/authenticator_uv.c \
	%D%/cbor_io.c %D%/cbor_io.h \
	%D%/crypto.c %D%/crypto.h \
	%D%/ctap.h \
	%D%/ctaphid.c %D%/ctaphid.h \
	%D%/rig_io.c %D%/rig_io.h
tests_rig_librig_la_CPPFLAGS = $(AM_CPPFLAGS) $(CBOR_CFLAGS) \
	$(CRYPTO_CFLAGS) $(FIDO2_CFLAGS)
tests_rig_librig_la_LIBADD = $(CBOR_LIBS) $(CRYPTO_LIBS)

check_PROGRAMS += tests/test_rig
TESTS += tests/test_rig tests/it_rig.sh
tests_test_rig_SOURCES = tests/test_rig.c
tests_test_rig_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) $(FIDO2_CFLAGS)
tests_test_rig_LDADD = %D%/librig.la $(FIDO2_LIBS) $(CMOCKA_LIBS)
endif

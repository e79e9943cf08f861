# tests/rig: its part of the one Makefile.

# The private hosts.
dist_noinst_SCRIPTS += dev %D%/boot.sh %D%/build.sh %D%/host.sh %D%/init.sh \
	tests/ring2.sh
dist_noinst_SCRIPTS += %D%/demo/demo.sh %D%/demo/talk.exp
EXTRA_DIST += %D%/lib.sh %D%/packages
IT_TESTS = tests/it_aasd.sh tests/it_boot.sh tests/it_enroll.sh tests/it_guess.sh tests/it_host.sh
IT_TESTS += tests/it_authority.sh tests/it_stranger.sh
IT_TESTS += tests/it_attest.sh
IT_TESTS += tests/it_unlock.sh
IT_TESTS += tests/it_clone.sh
IT_TESTS += tests/it_hosts.sh
IT_TESTS += tests/it_load.sh
IT_TESTS += tests/it_calls.sh
IT_TESTS += tests/it_rehearse.sh
IT_TESTS += tests/it_full.sh
IT_TESTS += tests/it_plugin.sh
IT_TESTS += tests/it_origin.sh
IT_TESTS += tests/it_policy.sh
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

# Attestations: tests/attester.h signs them.
if HAVE_CMOCKA
check_LTLIBRARIES += tests/libattester.la
tests_libattester_la_SOURCES = tests/attester.c tests/attester.h
tests_libattester_la_CPPFLAGS = $(AM_CPPFLAGS) $(CRYPTO_CFLAGS)
tests_libattester_la_LIBADD = lib/libaas-attest.la

check_PROGRAMS += tests/test_attest
TESTS += tests/test_attest
tests_test_attest_SOURCES = tests/test_attest.c
tests_test_attest_CPPFLAGS = $(AM_CPPFLAGS) $(CRYPTO_CFLAGS)
tests_test_attest_LDADD = tests/libattester.la lib/libaas.la \
	lib/libaas-conf.la $(TEST_LIBS) $(CRYPTO_LIBS)

check_PROGRAMS += tests/test_sshcert
TESTS += tests/test_sshcert
tests_test_sshcert_SOURCES = tests/test_sshcert.c
tests_test_sshcert_LDADD = $(TEST_LIBS)

check_PROGRAMS += tests/test_attest_set
TESTS += tests/test_attest_set
tests_test_attest_set_SOURCES = tests/test_attest_set.c \
	policy/plugins/attest.c tools/attest_files.c tools/attest_files.h
tests_test_attest_set_CPPFLAGS = $(AM_CPPFLAGS) $(CRYPTO_CFLAGS) \
	-DWORKER='"$(abs_top_builddir)/tools/aas-policy-worker"' \
	-DPLUGIN='"$(abs_top_builddir)/policy/plugins/.libs/libaas_policy_attest.so"'
tests_test_attest_set_LDADD = tests/libattester.la policy/libaas-source.la \
	lib/libaas.la lib/libaas-conf.la $(TEST_LIBS) $(CRYPTO_LIBS)
endif

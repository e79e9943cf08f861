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
tests_test_attest_LDADD = tests/libattester.la $(TEST_LIBS) $(CRYPTO_LIBS)
endif

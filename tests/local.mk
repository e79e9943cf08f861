# tests: its part of the one Makefile.

# Settings, tools, enrolment.
if HAVE_CMOCKA
check_PROGRAMS += tests/test_conf
TESTS += tests/test_conf
tests_test_conf_SOURCES = tests/test_conf.c
tests_test_conf_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_test_conf_LDADD = lib/libaas-conf.la $(CMOCKA_LIBS)
endif

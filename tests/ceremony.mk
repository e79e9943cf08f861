# The ceremony: a caller for scripts, what drives it, and the parts.
check_PROGRAMS += tests/authn_client
tests_authn_client_SOURCES = tests/authn_client.c
tests_authn_client_LDADD = policy/libpolicy-build.la lib/libaas.la
dist_noinst_SCRIPTS += tests/it_authn.sh
if HAVE_RIG
TESTS += tests/it_authn.sh
endif

if HAVE_CMOCKA
CEREMONY_TESTS = \
	tests/test_ceremony_check \
	tests/test_ceremony_dev \
	tests/test_ceremony_filter \
	tests/test_ceremony_made \
	tests/test_ceremony_msg \
	tests/test_proto \
	tests/test_reason
check_PROGRAMS += $(CEREMONY_TESTS)
TESTS += $(CEREMONY_TESTS)
tests_test_ceremony_check_SOURCES = tests/test_ceremony_check.c
tests_test_ceremony_check_LDADD = lib/libaas-ceremony.la $(TEST_LIBS)
tests_test_ceremony_check_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=getrandom
tests_test_ceremony_dev_SOURCES = tests/test_ceremony_dev.c
tests_test_ceremony_dev_LDADD = lib/libaas-ceremony.la $(TEST_LIBS)
tests_test_ceremony_filter_SOURCES = tests/test_ceremony_filter.c
tests_test_ceremony_filter_LDADD = lib/libaas-ceremony.la $(TEST_LIBS)
tests_test_ceremony_made_SOURCES = tests/test_ceremony_made.c
tests_test_ceremony_made_LDADD = lib/libaas-ceremony.la $(RECORD_LIBS)
tests_test_ceremony_msg_SOURCES = tests/test_ceremony_msg.c
tests_test_ceremony_msg_LDADD = lib/libaas-ceremony.la $(TEST_LIBS)
tests_test_proto_SOURCES = tests/test_proto.c
tests_test_proto_LDADD = $(TEST_LIBS)
tests_test_reason_SOURCES = tests/test_reason.c
tests_test_reason_LDADD = $(TEST_LIBS)
endif

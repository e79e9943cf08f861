# The ceremony: a caller for scripts, what drives it, and the parts.
check_PROGRAMS += tests/authn_client
tests_authn_client_SOURCES = tests/authn_client.c
tests_authn_client_LDADD = policy/libpolicy.la lib/libaas.la
dist_noinst_SCRIPTS += tests/it_authn.sh
if HAVE_RIG
TESTS += tests/it_authn.sh
endif

# The reference evaluator and what compares it with policy/.
dist_noinst_SCRIPTS += tests/oracle.sh
EXTRA_DIST += \
	tests/oracle/compare.py \
	tests/oracle/generate.py \
	tests/oracle/properties.py \
	tests/oracle/reference.py
check_PROGRAMS += tests/oracle/driver
tests_oracle_driver_SOURCES = tests/oracle/driver.c
tests_oracle_driver_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_oracle_driver_LDADD = policy/libpolicy-build.la \
	$(JANSSON_LIBS)
TESTS += tests/oracle.sh

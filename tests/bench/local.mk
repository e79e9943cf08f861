# tests/bench: its part of the one Makefile.
check_PROGRAMS += %D%/pamtx
tests_bench_pamtx_SOURCES = %D%/pamtx.c
tests_bench_pamtx_LDADD = $(PAM_LIBS)

EXTRA_PROGRAMS += %D%/lookup
tests_bench_lookup_SOURCES = %D%/lookup.c
tests_bench_lookup_LDADD = lib/libaas-base.la
CLEANFILES += %D%/lookup

# What the making of a policy is held against.
EXTRA_PROGRAMS += %D%/parse
tests_bench_parse_SOURCES = %D%/parse.c
tests_bench_parse_CPPFLAGS = $(AM_CPPFLAGS) $(LIBCONFIG_CFLAGS)
tests_bench_parse_LDADD = $(LIBCONFIG_LIBS)
CLEANFILES += %D%/parse

EXTRA_PROGRAMS += %D%/policy
tests_bench_policy_SOURCES = %D%/policy.c
tests_bench_policy_LDADD = policy/libpolicy-build.la lib/libaas-base.la
CLEANFILES += %D%/policy

dist_noinst_SCRIPTS += %D%/bench.sh %D%/build.sh %D%/handover.sh \
	%D%/expiry.sh %D%/sessions.sh
EXTRA_DIST += %D%/baseline.txt

bench: all
	$(MAKE) tests/authn_client tests/bench/pamtx tests/bench/lookup \
	    tests/bench/parse tests/bench/policy tests/handover \
	    tests/fake_authn
	AAS_TOP_SRCDIR='$(abs_top_srcdir)' \
	AAS_TOP_BUILDDIR='$(abs_top_builddir)' \
	    $(SHELL) $(srcdir)/%D%/bench.sh && \
	AAS_TOP_SRCDIR='$(abs_top_srcdir)' \
	AAS_TOP_BUILDDIR='$(abs_top_builddir)' \
	    $(SHELL) $(srcdir)/%D%/build.sh && \
	AAS_TOP_SRCDIR='$(abs_top_srcdir)' \
	AAS_TOP_BUILDDIR='$(abs_top_builddir)' \
	    $(SHELL) $(srcdir)/%D%/handover.sh

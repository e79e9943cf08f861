# policy: reads, writes and decides, on lib/libaas-base.la, which the program links.
noinst_LTLIBRARIES += policy/libpolicy.la
policy_libpolicy_la_SOURCES = \
	policy/compile.c \
	policy/eval.c \
	policy/format.h \
	policy/policy.c policy/policy.h
EXTRA_DIST += policy/plugin.h policy/rule.h policy/source/source.h lib/attest/attest.h

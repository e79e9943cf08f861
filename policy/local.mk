# policy: reads, writes and decides, on lib/libaas-base.la, which the program links.
noinst_LTLIBRARIES += policy/libpolicy.la
policy_libpolicy_la_SOURCES = \
	policy/compile.c \
	policy/eval.c \
	policy/format.h \
	policy/policy.c policy/policy.h

# Rules as sources give them: for the tools and the worker, never for a host.
noinst_LTLIBRARIES += policy/libaas-rule.la
policy_libaas_rule_la_SOURCES = \
	policy/arena.c \
	policy/hours.c \
	policy/net.c \
	policy/rule.c policy/rule.h policy/rule_parts.h \
	policy/rule_lists.c
policy_libaas_rule_la_LIBADD = lib/libaas-base.la

EXTRA_DIST += policy/plugin.h

include policy/source/local.mk

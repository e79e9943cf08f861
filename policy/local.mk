# policy: reads, writes and decides, on lib/libaas-base.la, which the program links.
noinst_LTLIBRARIES += policy/libpolicy.la
policy_libpolicy_la_SOURCES = \
	policy/ask.c \
	policy/attested.c policy/combine.c policy/combine.h policy/eval.c \
	policy/find.c policy/format.h \
	policy/image.c policy/image_check.c \
	policy/match.c policy/open.h policy/policy.h

# Rules as sources give them: for the tools and the worker, never for a host.
noinst_LTLIBRARIES += policy/libaas-rule.la
policy_libaas_rule_la_SOURCES = \
	policy/arena.c \
	policy/hours.c \
	policy/net.c \
	policy/origin_stat.c \
	policy/rule.c policy/rule.h policy/rule_parts.h \
	policy/rule_lists.c \
	policy/rule_sense.c \
	policy/rule_values.c
policy_libaas_rule_la_LIBADD = lib/libaas-base.la

# The same for other programs: <aas/policy.h>, and for sources of policy
# <aas/policy_plugin.h>.
lib_LTLIBRARIES += policy/libaas_policy.la
policy_libaas_policy_la_SOURCES =
policy_libaas_policy_la_LIBADD = policy/libpolicy.la lib/libaas-base.la
policy_libaas_policy_la_LDFLAGS = $(AM_LDFLAGS) -version-info 0:0:0 \
	-Wl,--gc-sections \
	-Wl,--version-script=$(top_srcdir)/policy/libaas_policy.map
policy_libaas_policy_la_DEPENDENCIES = policy/libpolicy.la \
	lib/libaas-base.la policy/libaas_policy.map
EXTRA_DIST += policy/libaas_policy.map

aasincludedir = $(includedir)/aas
aasinclude_HEADERS = policy/policy.h
nodist_aasinclude_HEADERS = policy/include/policy_plugin.h
policy/include/policy_plugin.h: policy/plugin.h
	$(AM_V_GEN)$(MKDIR_P) $(@D) && cp $(srcdir)/policy/plugin.h $@.tmp && \
	    mv $@.tmp $@
CLEANFILES += policy/include/policy_plugin.h
pkgconfigdir = $(libdir)/pkgconfig
pkgconfig_DATA = policy/aas-policy.pc

# The writer of policy.bin, with all that it stands on.
noinst_LTLIBRARIES += policy/libpolicy-build.la
policy_libpolicy_build_la_SOURCES = \
	policy/build.h \
	policy/compile.c \
	policy/encode.c \
	policy/encode_valid.c \
	policy/get.c \
	policy/keys.c \
	policy/origin.c
policy_libpolicy_build_la_LIBADD = policy/libpolicy.la policy/libaas-rule.la

# The source "files"; the object is apart so that tests can link it.
noinst_LTLIBRARIES += policy/plugins/libaas-files.la
policy_plugins_libaas_files_la_SOURCES = \
	policy/plugins/fields.c policy/plugins/fields.h \
	policy/plugins/files.c policy/plugins/files.h \
	policy/plugins/files_names.c \
	policy/plugins/files_read.c \
	policy/plugins/files_rule.c policy/plugins/files_rule.h \
	policy/plugins/files_scan.c policy/plugins/files_scan.h
plugin_LTLIBRARIES += policy/libaas_policy_files.la
policy_libaas_policy_files_la_SOURCES =
policy_libaas_policy_files_la_LIBADD = policy/plugins/libaas-files.la
policy_libaas_policy_files_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version \
	-shared -export-symbols-regex '^aas_policy_plugin$$'

EXTRA_DIST += policy/plugin.h

# The source "attest".
plugin_LTLIBRARIES += policy/plugins/libaas_policy_attest.la
policy_plugins_libaas_policy_attest_la_SOURCES = policy/plugins/attest.c \
	lib/conf/guard.c lib/conf/read.c lib/json.c
policy_plugins_libaas_policy_attest_la_CPPFLAGS = $(AM_CPPFLAGS) \
	$(JANSSON_CFLAGS) $(LIBCONFIG_CFLAGS)
policy_plugins_libaas_policy_attest_la_LDFLAGS = $(AM_LDFLAGS) -module \
	-avoid-version -shared -export-symbols-regex '^aas_policy_plugin$$'
policy_plugins_libaas_policy_attest_la_LIBADD = lib/libaas-attest.la

include policy/source/local.mk

# The switch and its sources; host.c is the worker's alone.
noinst_LTLIBRARIES += policy/libaas-source.la
policy_libaas_source_la_SOURCES = \
	policy/source/gather.c policy/source/source.h \
	policy/source/groups.c policy/source/groups.h \
	policy/source/stream.c \
	policy/source/switch.c \
	policy/source/wire.c policy/source/wire.h
policy_libaas_source_la_LIBADD = policy/libaas-rule.la

noinst_LTLIBRARIES += policy/libaas-host.la
policy_libaas_host_la_SOURCES = policy/source/host.c policy/source/host.h \
	policy/source/host_files.c policy/source/host_parts.h
policy_libaas_host_la_CPPFLAGS = $(AM_CPPFLAGS) $(CRYPTO_CFLAGS)
policy_libaas_host_la_LIBADD = policy/libaas-source.la lib/libaas-conf.la \
	$(CRYPTO_LIBS)

# The source "exec": a program's answer in JSON.
plugin_LTLIBRARIES += policy/plugins/libaas_policy_exec.la
policy_plugins_libaas_policy_exec_la_SOURCES = \
	policy/plugins/exec.c policy/plugins/exec.h \
	policy/plugins/exec_json.c \
	policy/plugins/exec_run.c \
	policy/plugins/fields.c policy/plugins/fields.h
policy_plugins_libaas_policy_exec_la_CPPFLAGS = $(AM_CPPFLAGS) \
	$(JANSSON_CFLAGS)
policy_plugins_libaas_policy_exec_la_LDFLAGS = $(AM_LDFLAGS) -module \
	-avoid-version -shared -export-symbols-regex '^aas_policy_plugin$$'
policy_plugins_libaas_policy_exec_la_LIBADD = $(JANSSON_LIBS)

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
policy_libaas_host_la_SOURCES = policy/source/host.c policy/source/host.h
policy_libaas_host_la_CPPFLAGS = $(AM_CPPFLAGS) $(CRYPTO_CFLAGS)
policy_libaas_host_la_LIBADD = policy/libaas-source.la lib/libaas-conf.la \
	$(CRYPTO_LIBS)

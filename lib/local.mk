# libaas-base: what the PAM module links too; nothing but libc.
# libaas: the rest, on top of OpenSSL and jansson; for helpers and tools.
noinst_LTLIBRARIES += lib/libaas-base.la
lib_libaas_base_la_SOURCES = \
	lib/clock.c lib/clock.h \
	lib/err.c lib/err.h \
	lib/frame.c lib/frame.h \
	lib/fs.c lib/fs.h \
	lib/log.c lib/log.h \
	lib/proc.c lib/proc.h \
	lib/secret.c lib/secret.h \
	lib/spawn.c lib/spawn.h \
	lib/user.c lib/user.h \
	lib/wire.c lib/wire.h

# pam_aas.so: a thin link of pieces that the tests link too.
noinst_LTLIBRARIES += pam_aas/libpam_aas.la
pam_aas_libpam_aas_la_SOURCES = \
	pam_aas/account.c \
	pam_aas/args.c pam_aas/args.h \
	pam_aas/auth.c \
	pam_aas/call.c pam_aas/call.h \
	pam_aas/conv.c pam_aas/conv.h \
	pam_aas/ask.c pam_aas/ask.h \
	pam_aas/helper.c pam_aas/helper.h \
	pam_aas/talk.c pam_aas/talk.h \
	pam_aas/pass.c pam_aas/pass.h \
	pam_aas/password.c \
	pam_aas/session.c \
	pam_aas/subject.c \
	pam_aas/tell.c pam_aas/tell.h \
	pam_aas/txn.c pam_aas/txn.h \
	pam_aas/window.c pam_aas/window.h
PAM_PARTS = pam_aas/libpam_aas.la policy/signin/libsignin.la policy/libpolicy.la lib/libaas-base.la

# Without the files of the compiler's start-up: a module has no constructors,
# and the four names they look up at each sign-in, mostly in vain, are the most
# expensive ones (2,300 instructions each).
pam_LTLIBRARIES += pam_aas/pam_aas.la
pam_aas_pam_aas_la_SOURCES = pam_aas/pam_aas.c pam_aas/own.c
pam_aas_pam_aas_la_CFLAGS = $(AM_CFLAGS) -fno-builtin
# Who optimizes at link time would drop memmove(3) before the compiler makes a
# call of it.  After the CFLAGS of whoever builds, who may have asked for that.
own_lo = pam_aas/pam_aas_la-own.lo
$(own_lo): CFLAGS += -fno-lto
pam_aas_pam_aas_la_LIBADD = $(PAM_PARTS) $(PAM_LIBS)
pam_aas_pam_aas_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared \
	-XCClinker -nostartfiles \
	-Wl,--gc-sections -Wl,--hash-style=gnu -Wl,--version-script=$(top_srcdir)/pam_aas/pam_aas.map
pam_aas_pam_aas_la_DEPENDENCIES = $(PAM_PARTS) pam_aas/pam_aas.map
EXTRA_DIST += pam_aas/pam_aas.map

# What follows from a decision and a record: the one place that says who gets
# which answer, for the module and for the tools.  Knows no PAM.
noinst_LTLIBRARIES += policy/signin/libsignin.la
policy_signin_libsignin_la_SOURCES = \
	policy/signin/foretell.c policy/signin/foretell.h \
	policy/signin/kind.c \
	policy/signin/seen.c policy/signin/seen.h \
	policy/signin/signin.c policy/signin/sudo.c policy/signin/signin.h \
	policy/signin/states.c policy/signin/states.h

# tools: its part of the one Makefile.

# aas-authn, aas-unlock: the ceremony, started by the module and by aasctl.
# aas-unlock is set-group-id aas; the package gives it that.
aaslibexec_PROGRAMS += tools/aas-authn tools/aas-unlock
CEREMONY_SETTINGS = tools/ceremony_settings.c tools/ceremony_settings.h
CEREMONY_LIBS = policy/libpolicy.la lib/libaas-ceremony.la
tools_aas_authn_SOURCES = tools/aas-authn.c $(CEREMONY_SETTINGS)
tools_aas_authn_LDADD = $(CEREMONY_LIBS)
tools_aas_unlock_SOURCES = tools/aas-unlock.c $(CEREMONY_SETTINGS)
tools_aas_unlock_LDADD = $(CEREMONY_LIBS)

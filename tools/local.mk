# tools: its part of the one Makefile.

# aas-authn, aas-unlock: the ceremony, started by the module and by aasctl.
# aas-unlock is set-group-id aas; the package gives it that.
aaslibexec_PROGRAMS += tools/aas-authn tools/aas-unlock
CEREMONY_SETTINGS = tools/ceremony_settings.c tools/ceremony_settings.h
CEREMONY_LIBS = policy/libpolicy.la lib/libaas-ceremony.la
tools_aas_authn_SOURCES = tools/aas-authn.c $(CEREMONY_SETTINGS)
tools_aas_authn_LDADD = $(CEREMONY_LIBS)
# libcrypto first: most of what the dynamic linker looks up is its own.
tools_aas_authn_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--push-state,--no-as-needed,-lcrypto,--pop-state
tools_aas_unlock_SOURCES = tools/aas-unlock.c $(CEREMONY_SETTINGS)
tools_aas_unlock_LDADD = $(CEREMONY_LIBS)

# Enrolment.
aaslibexec_PROGRAMS += tools/aas-enroll
tools_aas_enroll_SOURCES = tools/aas-enroll.c \
	tools/told.c tools/told.h \
	tools/unlock.c tools/unlock.h \
	tools/context.c tools/context.h
tools_aas_enroll_LDADD = policy/signin/libsignin.la policy/libpolicy.la lib/libaas-enroll.la

# One source of policy in a process of its own.
aaslibexec_PROGRAMS += tools/aas-policy-worker
tools_aas_policy_worker_SOURCES = tools/aas-policy-worker.c
tools_aas_policy_worker_LDADD = policy/libaas-host.la

# All sources about one user, for aasd.
aaslibexec_PROGRAMS += tools/aas-policy-lookup
tools_aas_policy_lookup_SOURCES = tools/aas-policy-lookup.c \
	tools/packets.c tools/packets.h
tools_aas_policy_lookup_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tools_aas_policy_lookup_LDADD = policy/libaas-source.la lib/libaas-conf.la \
	$(JANSSON_LIBS)

# Numbers events and delivers them.
aaslibexec_PROGRAMS += tools/aas-notify
tools_aas_notify_SOURCES = tools/aas-notify.c
tools_aas_notify_LDADD = lib/libaas-channels.la

# One user's alerts, for aasd.
aaslibexec_PROGRAMS += tools/aas-alerts
tools_aas_alerts_SOURCES = tools/aas-alerts.c \
	tools/alerts.c tools/alerts.h tools/packets.c tools/packets.h
tools_aas_alerts_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tools_aas_alerts_LDADD = lib/libaas-notify.la $(JANSSON_LIBS)

# The Codex that run on a host, for aasd.
aaslibexec_PROGRAMS += tools/aas-codex
tools_aas_codex_SOURCES = tools/aas-codex.c tools/aas_codex.h \
	tools/aas_codex_end.c tools/aas_codex_list.c \
	tools/packets.c tools/packets.h
tools_aas_codex_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tools_aas_codex_LDADD = lib/libaas-codex.la $(JANSSON_LIBS)

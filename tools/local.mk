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

# aas.conf, enrolment: aasctl(8), aasd(8), aas-enroll.
bin_PROGRAMS += tools/aasctl
tools_aasctl_SOURCES = \
	tools/aasctl.c tools/aasctl.h \
	tools/aasctl_attest.c \
	tools/aasctl_change.c \
	tools/aasctl_clock.c \
	tools/aasctl_compliance.c \
	tools/aasctl_common.c \
	tools/aasctl_enroll.c \
	tools/aasctl_invite.c \
	tools/aasctl_keys.c \
	tools/aasctl_lookup.c \
	tools/aasctl_policy.c tools/aasctl_policy.h \
	tools/aasctl_policy_look.c \
	tools/aasctl_rehearse.c \
	tools/aasctl_retire.c \
	tools/aasctl_status.c \
	tools/aasctl_verify.c \
	tools/aasctl_why.c \
	tools/aasd.h tools/aasd_tell.c \
	tools/ask.c tools/ask.h \
	tools/everyone.c tools/everyone.h \
	tools/stacks.c tools/stacks.h \
	tools/client.c tools/client.h \
	tools/attest_files.c tools/attest_files.h \
	tools/context.c tools/context.h \
	tools/policy_alias.c \
	tools/policy_build.c tools/policy_build.h \
	tools/policy_origin.c tools/policy_origin.h \
	tools/policy_text.c tools/policy_text.h \
	tools/policy_zone.c \
	tools/status.c tools/status.h \
	tools/tty.c tools/tty.h
tools_aasctl_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tools_aasctl_LDADD = policy/signin/libsignin.la lib/libaas-attest.la policy/libaas-source.la \
	policy/libpolicy-build.la lib/libaas-conf.la \
	lib/libaas-enroll.la

sbin_PROGRAMS += tools/aasd
tools_aasd_SOURCES = \
	tools/aasd.c tools/aasd.h \
	tools/aasd_clock.c \
	tools/aasd_conn.c \
	tools/aasd_held.c \
	tools/aasd_ops.c \
	tools/aasd_tell.c \
	tools/aasd_watch.c tools/aasd_watch.h \
	tools/policy_origin.c tools/policy_origin.h \
	tools/status.c tools/status.h
tools_aasd_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tools_aasd_LDADD = policy/signin/libsignin.la policy/libpolicy-build.la lib/libaas-enroll.la

aaslibexec_PROGRAMS += tools/aas-enroll
tools_aas_enroll_SOURCES = tools/aas-enroll.c \
	tools/context.c tools/context.h
tools_aas_enroll_LDADD = policy/libpolicy.la lib/libaas-enroll.la

# One source of policy in a process of its own.
aaslibexec_PROGRAMS += tools/aas-policy-worker
tools_aas_policy_worker_SOURCES = tools/aas-policy-worker.c
tools_aas_policy_worker_LDADD = policy/libaas-host.la

# All sources about one user, for aasd.
aaslibexec_PROGRAMS += tools/aas-policy-lookup
tools_aas_policy_lookup_SOURCES = tools/aas-policy-lookup.c
tools_aas_policy_lookup_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tools_aas_policy_lookup_LDADD = policy/libaas-source.la lib/libaas-conf.la \
	$(JANSSON_LIBS)

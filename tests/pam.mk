# The module, through libpam, against helpers that only speak the protocol.
if HAVE_CMOCKA
check_LTLIBRARIES += tests/libpam_host.la
tests_libpam_host_la_SOURCES = tests/pam_host.c tests/pam_host.h
check_PROGRAMS += tests/fake_authn
tests_fake_authn_SOURCES = tests/fake_authn.c
tests_fake_authn_LDADD = lib/libaas-base.la
tests_fake_authn_LDFLAGS = $(AM_LDFLAGS) -static-libtool-libs
PAM_TEST_LIBS = tests/libpam_host.la $(PAM_LIBS) policy/libpolicy-build.la $(TEST_LIBS)

PAM_TESTS = \
	tests/pam_alerts \
	tests/pam_attest \
	tests/pam_modes \
	tests/pam_auth \
	tests/pam_conv \
	tests/pam_guest \
	tests/pam_kinds \
	tests/pam_reauth \
	tests/pam_session \
	tests/pam_stack
check_PROGRAMS += $(PAM_TESTS)
TESTS += $(PAM_TESTS)
tests_pam_alerts_SOURCES = tests/pam_alerts.c
tests_pam_alerts_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_pam_alerts_LDADD = $(PAM_TEST_LIBS) $(JANSSON_LIBS)
tests_pam_modes_SOURCES = tests/pam_modes.c
tests_pam_modes_LDADD = policy/signin/libsignin.la $(PAM_TEST_LIBS)
tests_pam_attest_SOURCES = tests/pam_attest.c
tests_pam_attest_LDADD = $(PAM_TEST_LIBS)
tests_pam_auth_SOURCES = tests/pam_auth.c
tests_pam_auth_LDADD = $(PAM_TEST_LIBS)
tests_pam_conv_SOURCES = tests/pam_conv.c tests/wipe.c
tests_pam_conv_LDADD = pam_aas/libpam_aas.la $(PAM_TEST_LIBS)
tests_pam_conv_LDFLAGS = $(AM_LDFLAGS) $(WRAP_WIPE)
tests_pam_guest_SOURCES = tests/pam_guest.c
tests_pam_guest_LDADD = $(PAM_TEST_LIBS)
tests_pam_kinds_SOURCES = tests/pam_kinds.c
tests_pam_kinds_LDADD = $(PAM_TEST_LIBS)
tests_pam_reauth_SOURCES = tests/pam_reauth.c
tests_pam_reauth_LDADD = $(PAM_TEST_LIBS)
tests_pam_session_SOURCES = tests/pam_session.c
tests_pam_session_LDADD = $(PAM_TEST_LIBS)
tests_pam_stack_SOURCES = tests/pam_stack.c
tests_pam_stack_LDADD = $(PAM_TEST_LIBS)

# Sign-ins beside notifiers of all kinds.
check_PROGRAMS += tests/handover
tests_handover_SOURCES = tests/handover.c
tests_handover_LDADD = $(PAM_TEST_LIBS)
dist_noinst_SCRIPTS += tests/it_handover.sh
TESTS += tests/it_handover.sh

# Refused sign-ins from everywhere.
check_PROGRAMS += tests/spray
tests_spray_SOURCES = tests/spray.c
tests_spray_LDADD = lib/libaas-base.la $(PAM_LIBS)
dist_noinst_SCRIPTS += tests/it_attempts.sh
TESTS += tests/it_attempts.sh

# Every allocation and system call of a refusal failing once.
check_PROGRAMS += tests/fault_host
tests_fault_host_SOURCES = tests/fault_host.c
tests_fault_host_LDADD = $(PAM_TEST_LIBS)
dist_noinst_SCRIPTS += tests/it_faults.sh
TESTS += tests/it_faults.sh

POLICY_TESTS = \
	tests/test_policy \
	tests/test_seen \
	tests/test_policy_file \
	tests/test_signin \
	tests/test_moments \
	tests/test_stacks \
	tests/test_states \
	tests/test_reauth \
	tests/test_ticket
check_PROGRAMS += $(POLICY_TESTS)
TESTS += $(POLICY_TESTS)
tests_test_policy_SOURCES = tests/test_policy.c tests/policy_make.h
tests_test_policy_file_SOURCES = tests/test_policy_file.c \
	tests/policy_make.h tests/nomem.c tests/nomem.h
tests_test_policy_file_LDADD = policy/libpolicy-build.la $(TEST_LIBS)
tests_test_policy_file_LDFLAGS = $(AM_LDFLAGS) $(WRAP_NOMEM) \
	-Wl,--wrap=aas_policy_parse
tests_test_policy_LDADD = policy/libpolicy-build.la $(TEST_LIBS)
tests_test_seen_SOURCES = tests/test_seen.c
tests_test_seen_LDADD = policy/signin/libsignin.la $(TEST_LIBS)
tests_test_seen_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=aas_user_name
tests_test_signin_SOURCES = tests/test_signin.c tests/policy_make.h
tests_test_signin_LDADD = policy/signin/libsignin.la policy/libpolicy-build.la \
	$(TEST_LIBS)
tests_test_moments_SOURCES = tests/test_moments.c \
	aasctl/moments.c aasctl/moments.h
tests_test_moments_LDADD = policy/libpolicy-build.la $(TEST_LIBS)
tests_test_stacks_SOURCES = tests/test_stacks.c tools/stacks.c tools/stacks.h
tests_test_stacks_LDADD = $(TEST_LIBS)
tests_test_states_SOURCES = tests/test_states.c
tests_test_states_LDADD = policy/signin/libsignin.la $(TEST_LIBS)
tests_test_reauth_SOURCES = tests/test_reauth.c
tests_test_reauth_LDADD = $(TEST_LIBS)
tests_test_ticket_SOURCES = tests/test_ticket.c
tests_test_ticket_LDADD = $(TEST_LIBS)
endif

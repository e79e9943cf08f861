# The switch, its worker, and plugins that do harm.
if HAVE_CMOCKA
SOURCE_TESTS = tests/test_exec tests/test_gather tests/test_groups \
	tests/test_source_faults tests/test_source_wire tests/test_switch
check_PROGRAMS += $(SOURCE_TESTS)
TESTS += $(SOURCE_TESTS)

tests_test_switch_SOURCES = tests/test_switch.c
tests_test_switch_LDADD = policy/libaas-source.la $(TEST_LIBS)
tests_test_exec_SOURCES = tests/test_exec.c tests/gathering.c tests/gathering.h
tests_test_exec_CPPFLAGS = $(AM_CPPFLAGS) \
	-DWORKER='"$(abs_top_builddir)/tools/aas-policy-worker"' \
	-DPLUGIN='"$(abs_top_builddir)/policy/plugins/.libs/libaas_policy_exec.so"'
tests_test_exec_LDADD = policy/libaas-source.la $(TEST_LIBS)
tests_test_source_faults_SOURCES = tests/test_source_faults.c \
	tests/nomem.c tests/nomem.h \
	policy/plugins/exec_json.c policy/plugins/exec_run.c \
	policy/plugins/exec.h policy/plugins/fields.c policy/plugins/fields.h
tests_test_source_faults_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_test_source_faults_LDADD = policy/libaas-host.la $(TEST_LIBS) \
	$(JANSSON_LIBS)
tests_test_source_faults_LDFLAGS = $(AM_LDFLAGS) $(WRAP_NOMEM) \
	-Wl,--wrap=getgrnam_r,--wrap=aas_spawn,--wrap=pipe2 \
	-Wl,--wrap=pidfd_open,--wrap=fork,--wrap=dup2 \
	-Wl,--wrap=close_range,--wrap=execve
tests_test_groups_SOURCES = tests/test_groups.c
tests_test_groups_LDADD = policy/libaas-source.la $(TEST_LIBS)
tests_test_groups_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=getgrnam_r
tests_test_source_wire_SOURCES = tests/test_source_wire.c
tests_test_source_wire_LDADD = policy/libaas-source.la $(TEST_LIBS)
tests_test_gather_SOURCES = tests/test_gather.c tests/gathering.c \
	tests/gathering.h
tests_test_gather_CPPFLAGS = $(AM_CPPFLAGS) \
	-DWORKER='"$(abs_top_builddir)/tools/aas-policy-worker"' \
	-DPLUGIN='"$(abs_top_builddir)/tests/.libs/plugin.so"' \
	-DPLAIN='"$(abs_top_builddir)/tests/.libs/plugin_plain.so"'
tests_test_gather_LDADD = policy/libaas-source.la $(TEST_LIBS)
tests_test_gather_DEPENDENCIES = policy/libaas-source.la \
	tests/libfixture.la tests/plugin.la tests/plugin_plain.la

# -rpath: shared, though it is not installed.
check_LTLIBRARIES += tests/plugin.la tests/plugin_plain.la
tests_plugin_la_SOURCES = tests/plugin.c
tests_plugin_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version \
	-rpath /nowhere
tests_plugin_plain_la_SOURCES = tests/plugin_plain.c
tests_plugin_plain_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version \
	-rpath /nowhere
endif

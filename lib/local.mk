# libaas-base: what the PAM module links too; nothing but libc.
# libaas: the rest, on top of OpenSSL and jansson; for helpers and tools.
noinst_LTLIBRARIES += lib/libaas-base.la
lib_libaas_base_la_SOURCES = \
	lib/clock.c lib/clock.h \
	lib/err.c lib/err.h \
	lib/frame.c lib/frame.h \
	lib/fs.c lib/fs.h \
	lib/fs_parts.h lib/fs_write.c \
	lib/log.c lib/log.h \
	lib/proc.c lib/proc.h \
	lib/secret.c lib/secret.h \
	lib/spawn.c lib/spawn.h \
	lib/user.c lib/user.h \
	lib/utf8.c lib/utf8.h \
	lib/wire.c lib/wire.h

lib_libaas_base_la_SOURCES += \
	lib/index.c lib/index.h \
	lib/proto.c lib/proto.h \
	lib/reason.c lib/reason.h

# What the module's session phase needs: tickets, the ledger.
lib_libaas_base_la_SOURCES += \
	lib/b64.c lib/b64.h \
	lib/hex.c lib/hex.h \
	lib/ledger.c lib/ledger.h \
	lib/rundir.c lib/rundir.h \
	lib/ticket.c lib/ticket.h

noinst_LTLIBRARIES += lib/libaas.la
lib_libaas_la_SOURCES = \
	lib/assertion.c lib/assertion.h \
	lib/bech32.c lib/bech32.h \
	lib/json.c lib/json.h \
	lib/record.c lib/record.h lib/record_parts.h \
	lib/record_json.c lib/record_line.c lib/record_proof.c \
	lib/record_rules.c lib/record_write.c \
	lib/recovery.c lib/recovery.h \
	lib/store.c lib/store.h lib/store_parts.h \
	lib/store_append.c lib/store_counter.c lib/store_index.c \
	lib/store_invite.c lib/store_load.c lib/store_look.c \
	lib/store_retire.c lib/store_state.c
lib_libaas_la_CPPFLAGS = $(AM_CPPFLAGS) $(CRYPTO_CFLAGS) $(JANSSON_CFLAGS)
lib_libaas_la_LIBADD = lib/libaas-base.la $(CRYPTO_LIBS) $(JANSSON_LIBS)

# aas.conf(5): for tools only; libconfig never enters a host process.
noinst_LTLIBRARIES += lib/libaas-conf.la
lib_libaas_conf_la_SOURCES = lib/conf.c lib/conf_guard.c lib/conf.h
lib_libaas_conf_la_CPPFLAGS = $(AM_CPPFLAGS) $(LIBCONFIG_CFLAGS)
lib_libaas_conf_la_LIBADD = lib/libaas-base.la $(LIBCONFIG_LIBS)

# The ceremony: the only part of the project that links libfido2.
noinst_LTLIBRARIES += lib/libaas-ceremony.la
lib_libaas_ceremony_la_SOURCES = \
	lib/ceremony.c lib/ceremony.h lib/ceremony_priv.h \
	lib/ceremony_assert.c \
	lib/ceremony_check.c \
	lib/ceremony_dev.c lib/ceremony_dev.h \
	lib/ceremony_filter.c lib/ceremony_filter.h \
	lib/ceremony_find.c \
	lib/ceremony_io.c lib/ceremony_io.h lib/ceremony_iomain.c \
	lib/ceremony_line.c lib/ceremony_line.h \
	lib/ceremony_lock.c \
	lib/ceremony_made.c lib/ceremony_made.h \
	lib/ceremony_main.c lib/ceremony_main.h \
	lib/ceremony_make.c \
	lib/ceremony_msg.c lib/ceremony_msg.h \
	lib/ceremony_pin.c \
	lib/ceremony_setup.c lib/ceremony_setup.h \
	lib/ceremony_slots.c \
	lib/ceremony_talk.c
lib_libaas_ceremony_la_CPPFLAGS = $(AM_CPPFLAGS) $(FIDO2_CFLAGS) \
	$(CRYPTO_CFLAGS)
lib_libaas_ceremony_la_LIBADD = lib/libaas.la $(FIDO2_LIBS)

# Enrolment: the dialog, the ceremonies it asks for, the password.
noinst_LTLIBRARIES += lib/libaas-enroll.la
lib_libaas_enroll_la_SOURCES = \
	lib/change.c lib/change.h \
	lib/enroll.c lib/enroll.h lib/enroll_parts.h \
	lib/enroll_ask.c \
	lib/enroll_draft.c \
	lib/enroll_recovery.c \
	lib/enroll_sign.c \
	lib/relay.c lib/relay.h \
	lib/shadow.c lib/shadow.h \
	lib/shadow_follow.c
lib_libaas_enroll_la_LIBADD = lib/libaas.la

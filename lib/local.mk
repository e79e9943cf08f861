# libaas-base: what the PAM module links too; nothing but libc.
# libaas: the rest, on top of OpenSSL and jansson; for helpers and tools.
noinst_LTLIBRARIES += lib/libaas-base.la
lib_libaas_base_la_SOURCES = \
	lib/cgroup.c lib/cgroup.h \
	lib/clock.c lib/clock.h \
	lib/err.c lib/err.h \
	lib/frame.c lib/frame.h \
	lib/fs.c lib/fs.h \
	lib/fs_parts.h lib/fs_path.c lib/fs_write.c \
	lib/kinds.c lib/kinds.h \
	lib/limit.c lib/limit.h \
	lib/log.c lib/log.h \
	lib/mark.c lib/mark.h \
	lib/proc.c lib/proc.h \
	lib/secret.c lib/secret.h \
	lib/service.c lib/service.h \
	lib/spawn.c lib/spawn.h \
	lib/sshcert.c lib/sshcert.h \
	lib/user.c lib/user.h \
	lib/put.c lib/put.h lib/str.h \
	lib/utf8.c lib/utf8.h \
	lib/wire.c lib/wire.h

lib_libaas_base_la_SOURCES += \
	lib/record/index.c lib/record/index_bytes.c lib/record/index.h \
	lib/proto.c lib/proto.h lib/proto_keys.c \
	lib/proto_parts.c lib/proto_parts.h lib/proto_text.c \
	lib/reason.c lib/reason.h

# What the module's session phase needs: tickets, the ledger.
lib_libaas_base_la_SOURCES += \
	lib/b64.c lib/b64.h \
	lib/hex.c lib/hex.h \
	lib/session/ledger.c lib/session/ledger.h \
	lib/session/lease.c lib/session/lease.h \
	lib/session/origin.c lib/session/origin.h \
	lib/session/read.c \
	lib/session/reauth.c lib/session/reauth.h \
	lib/session/rundir.c lib/session/rundir.h \
	lib/session/ticket.c lib/session/ticket.h

# Events, to the disk and to who tells them.
lib_libaas_base_la_SOURCES += \
	lib/event/attempts.c lib/event/attempts.h lib/event/attempts_slot.h \
	lib/event/attempts_mark.c lib/event/attempts_take.c \
	lib/event/duty.c lib/event/duty.h \
	lib/event/event.c lib/event/event.h \
	lib/event/raise.c lib/event/raise.h \
	lib/event/undelivered.c lib/event/undelivered.h \
	lib/event/reserve.c \
	lib/event/spool.c lib/event/spool.h lib/event/spool_parts.h

noinst_LTLIBRARIES += lib/libaas.la
lib_libaas_la_SOURCES = \
	lib/assertion.c lib/assertion.h \
	lib/bech32.c lib/bech32.h \
	lib/cgroup_leave.c \
	lib/json.c lib/json.h \
	lib/lend.c lib/lend.h \
	lib/sshagent.c lib/sshagent.h \
	lib/sshsk.c lib/sshsk.h \
	lib/record/record.c lib/record/record.h lib/record/parts.h \
	lib/record/json.c lib/record/line.c lib/record/proof.c \
	lib/record/rules.c lib/record/write.c \
	lib/record/recovery.c lib/record/recovery.h \
	lib/store/store.c lib/store/store.h lib/store/parts.h \
	lib/store/append.c lib/store/counter.c lib/store/index.c \
	lib/store/invite.c lib/store/load.c lib/store/look.c \
	lib/store/look_save.c \
	lib/store/retire.c lib/store/state.c
lib_libaas_la_CPPFLAGS = $(AM_CPPFLAGS) $(CRYPTO_CFLAGS) $(JANSSON_CFLAGS)
lib_libaas_la_LIBADD = lib/libaas-base.la $(CRYPTO_LIBS) $(JANSSON_LIBS)

# How sessions end: for aasd alone.
noinst_LTLIBRARIES += lib/libaas-keep.la
lib_libaas_keep_la_SOURCES = \
	lib/codex/exe.c lib/codex/exe.h \
	lib/codex/is.c lib/codex/is.h \
	lib/keep/alone.c lib/keep/alone.h \
	lib/keep/book.c lib/keep/book.h \
	lib/keep/cgroup.c lib/keep/cgroup.h \
	lib/keep/due.c lib/keep/due.h \
	lib/keep/end.c lib/keep/end.h \
	lib/keep/hint.c lib/keep/hint.h \
	lib/keep/learn.c lib/keep/learn.h lib/keep/match.c \
	lib/keep/nets.c lib/keep/nets.h \
	lib/keep/pids.c lib/keep/pids.h \
	lib/keep/procs.c lib/keep/procs.h \
	lib/keep/tell.c lib/keep/tell.h \
	lib/keep/term.c lib/keep/term.h lib/keep/whose.c
lib_libaas_keep_la_LIBADD = lib/libaas-base.la

# Codex: its processes, what it writes of its sessions.
noinst_LTLIBRARIES += lib/libaas-codex.la
lib_libaas_codex_la_SOURCES = \
	lib/codex/find.c lib/codex/find.h \
	lib/codex/gather.c lib/codex/gather.h \
	lib/codex/head.c lib/codex/head.h \
	lib/codex/meta.c lib/codex/meta.h \
	lib/codex/confine.c \
	lib/codex/read.c lib/codex/read.h
lib_libaas_codex_la_CPPFLAGS = $(AM_CPPFLAGS) $(ZSTD_CFLAGS)
lib_libaas_codex_la_LIBADD = lib/libaas-keep.la $(ZSTD_LIBS)

# aas.conf(5): for tools only; libconfig never enters a host process.
noinst_LTLIBRARIES += lib/libaas-conf.la
lib_libaas_conf_la_SOURCES = \
	lib/conf/alerts_addr.c \
	lib/conf/alerts_conf.c lib/conf/alerts_conf.h \
	lib/conf/alerts_take.h \
	lib/conf/conf.c lib/conf/conf.h \
	lib/conf/guard.c \
	lib/conf/read.c lib/conf/read.h \
	lib/conf/values.c lib/conf/values.h \
	lib/notify/kind.c lib/notify/kind.h
lib_libaas_conf_la_CPPFLAGS = $(AM_CPPFLAGS) $(LIBCONFIG_CFLAGS)
lib_libaas_conf_la_LIBADD = lib/libaas-base.la $(LIBCONFIG_LIBS)

# The ceremony: the only part of the project that links libfido2.
noinst_LTLIBRARIES += lib/libaas-ceremony.la
lib_libaas_ceremony_la_SOURCES = \
	lib/ceremony/ceremony.c lib/ceremony/ceremony.h lib/ceremony/priv.h \
	lib/ceremony/assert.c \
	lib/ceremony/check.c \
	lib/ceremony/dev.c lib/ceremony/dev.h \
	lib/ceremony/filter.c lib/ceremony/filter.h \
	lib/ceremony/find.c \
	lib/ceremony/io.c lib/ceremony/io.h lib/ceremony/iomain.c \
	lib/ceremony/line.c lib/ceremony/line.h \
	lib/ceremony/lock.c \
	lib/ceremony/made.c lib/ceremony/made.h \
	lib/ceremony/main.c lib/ceremony/main.h \
	lib/ceremony/make.c \
	lib/ceremony/msg.c lib/ceremony/msg.h \
	lib/ceremony/pin.c \
	lib/ceremony/agent.c lib/ceremony/elsewhere.c lib/ceremony/setup.c lib/ceremony/setup.h \
	lib/ceremony/slots.c \
	lib/ceremony/talk.c
lib_libaas_ceremony_la_CPPFLAGS = $(AM_CPPFLAGS) $(FIDO2_CFLAGS) \
	$(CRYPTO_CFLAGS)
lib_libaas_ceremony_la_LIBADD = lib/libaas.la $(FIDO2_LIBS)

# Enrolment: the dialog, the ceremonies it asks for, the password.
noinst_LTLIBRARIES += lib/libaas-enroll.la
lib_libaas_enroll_la_SOURCES = \
	lib/enroll/change.c lib/enroll/change.h \
	lib/enroll/enroll.c lib/enroll/enroll.h lib/enroll/parts.h \
	lib/enroll/ask.c \
	lib/enroll/draft.c \
	lib/enroll/lock.c lib/enroll/lock.h \
	lib/enroll/recover.c lib/enroll/recover.h \
	lib/enroll/recovery.c \
	lib/enroll/sign.c \
	lib/enroll/relay.c lib/enroll/relay.h \
	lib/enroll/shadow.c lib/enroll/shadow.h \
	lib/enroll/shadow_follow.c
lib_libaas_enroll_la_LIBADD = lib/libaas.la

# Attestations, and who may sign them: for tools and the source "attest".
noinst_LTLIBRARIES += lib/libaas-attest.la
lib_libaas_attest_la_SOURCES = \
	lib/attest/attest.c lib/attest/attest.h \
	lib/attest/chain.c \
	lib/attest/claims.c \
	lib/attest/jws.c lib/attest/parts.h \
	lib/attest/set.c lib/attest/set.h \
	lib/attest/signer.c lib/attest/signer.h \
	lib/conf/attest_conf.c
lib_libaas_attest_la_CPPFLAGS = $(AM_CPPFLAGS) $(CRYPTO_CFLAGS) \
	$(JANSSON_CFLAGS) $(LIBCONFIG_CFLAGS)
# Who links it adds libaas.la and libaas-conf.la: a plugin takes but a file
# of each.
lib_libaas_attest_la_LIBADD = lib/libaas-base.la $(CRYPTO_LIBS) \
	$(JANSSON_LIBS) $(LIBCONFIG_LIBS)

# Alerts: numbers, queue, channels; for aas-notify and tools.
noinst_LTLIBRARIES += lib/libaas-notify.la
lib_libaas_notify_la_SOURCES = \
	lib/notify/alert.c lib/notify/alert.h \
	lib/notify/chain.c lib/notify/chain.h \
	lib/notify/chain_parts.h lib/notify/chain_read.c \
	lib/notify/depot.c lib/notify/depot.h \
	lib/notify/kind.c lib/notify/kind.h \
	lib/notify/owed.c lib/notify/owed.h \
	lib/notify/room.c lib/notify/room.h \
	lib/notify/spare.c lib/notify/spare.h \
	lib/notify/queue.c lib/notify/queue.h lib/notify/queued.c
lib_libaas_notify_la_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
lib_libaas_notify_la_LIBADD = lib/libaas.la $(JANSSON_LIBS)

noinst_LTLIBRARIES += lib/libaas-channels.la
lib_libaas_channels_la_SOURCES = \
	lib/notify/cage.c \
	lib/notify/channel.h \
	lib/notify/ch_exec.c lib/notify/ch_log.c lib/notify/ch_mail.c \
	lib/notify/ch_screen.c lib/notify/ch_webhook.c \
	lib/notify/contacts.c lib/notify/contacts.h \
	lib/notify/crowd.c lib/notify/crowd.h \
	lib/notify/deliver.c \
	lib/notify/drain.c lib/notify/drain.h lib/notify/drain_parts.h \
	lib/notify/job.c lib/notify/job.h \
	lib/notify/place.c lib/notify/place.h \
	lib/notify/take.c \
	lib/notify/target.c lib/notify/target.h \
	lib/notify/text.c lib/notify/text.h
lib_libaas_channels_la_CPPFLAGS = $(AM_CPPFLAGS) $(CRYPTO_CFLAGS) \
	$(JANSSON_CFLAGS)
lib_libaas_channels_la_LIBADD = lib/libaas-notify.la lib/libaas-keep.la \
	lib/libaas-conf.la $(CRYPTO_LIBS) $(JANSSON_LIBS)

# conf: its part of the one Makefile.

# Stack lines to copy: nothing is put into /etc/pam.d by itself.
pamexampledir = $(docdir)/examples/pam.d
dist_pamexample_DATA = %D%/pam.d/common-account %D%/pam.d/common-auth \
	%D%/pam.d/common-password %D%/pam.d/session \
	%D%/pam.d/aas-runner

# An example, not /etc/aas/aas.conf: a realm is chosen, never guessed.
aasexampledir = $(docdir)/examples
dist_aasexample_DATA = %D%/aas.conf %D%/policy.conf %D%/policy-plugin.c \
	%D%/sshd_config.d/05-aas.conf
sudoexampledir = $(docdir)/examples/sudoers.d
dist_sudoexample_DATA = %D%/sudoers.d/aas
unitexampledir = $(docdir)/examples/systemd
dist_unitexample_DATA = %D%/systemd/codex-runner@.service
codexexampledir = $(docdir)/examples/codex
dist_codexexample_DATA = %D%/codex/config.toml %D%/codex/requirements.toml

# Channels of alerts, to begin with.
alertsexampledir = $(docdir)/examples/alerts
dist_alertsexample_DATA = %D%/alerts/chat.sh %D%/alerts/sms.sh

# The Debian package.
EXTRA_DIST += debian/changelog debian/control debian/copyright \
	debian/libpam-aas.dirs debian/libpam-aas.docs \
	debian/libpam-aas.postinst debian/libpam-aas.prerm debian/rules \
	debian/source/format

# systemd: the daemon, its socket, the group, the directories.
sysusersdir = $(prefix)/lib/sysusers.d
tmpfilesdir = $(prefix)/lib/tmpfiles.d
systemdsystemunit_DATA = %D%/systemd/aasd.service %D%/systemd/aasd.socket \
	%D%/systemd/aas-notify.service %D%/systemd/aas-notify.timer \
	%D%/systemd/aas-notify.path
UNIT_FILES = $(systemdsystemunit_DATA) %D%/systemd/sysusers.conf \
	%D%/systemd/tmpfiles.conf
EXTRA_DIST += %D%/systemd/aas-notify.service.in \
	%D%/systemd/aas-notify.timer.in %D%/systemd/aas-notify.path.in
EXTRA_DIST += %D%/systemd/aasd.service.in %D%/systemd/aasd.socket.in \
	%D%/systemd/sysusers.conf.in %D%/systemd/tmpfiles.conf.in
CLEANFILES += $(UNIT_FILES)
all-local: $(UNIT_FILES)
$(UNIT_FILES): %: $(srcdir)/%.in Makefile
	$(AM_V_GEN)$(MKDIR_P) $(@D) && sed -e 's|@sbindir[@]|$(sbindir)|g' \
	    -e 's|@libexecdir[@]|$(libexecdir)|g' \
	    -e 's|@localstatedir[@]|$(localstatedir)|g' \
	    -e 's|@runtimedir[@]|$(runtimedir)|g' \
	    -e 's|@aasgroup[@]|$(aasgroup)|g' $(srcdir)/$@.in >$@.tmp && \
	    mv $@.tmp $@

# aas-unlock runs as group aas; without that group, or without root's rights,
# it is installed without, and screen lockers refuse.
install-data-local: $(UNIT_FILES)
	$(MKDIR_P) "$(DESTDIR)$(sysusersdir)" "$(DESTDIR)$(tmpfilesdir)"
	$(INSTALL_DATA) conf/systemd/sysusers.conf \
	    "$(DESTDIR)$(sysusersdir)/pam_aas.conf"
	$(INSTALL_DATA) conf/systemd/tmpfiles.conf \
	    "$(DESTDIR)$(tmpfilesdir)/pam_aas.conf"

install-exec-hook:
	@unlock="$(DESTDIR)$(aaslibexecdir)/aas-unlock"; \
	if [ "$$(id -u)" -eq 0 ] && [ -z "$(DESTDIR)" ] && \
	    getent group "$(aasgroup)" >/dev/null; then \
		chgrp "$(aasgroup)" "$$unlock" && chmod 2755 "$$unlock"; \
	else \
		echo "note: $$unlock is not set-group-id $(aasgroup), so screen"; \
		echo "lockers refuse: make install-exec-hook once there is the group"; \
	fi

uninstall-local:
	rm -f "$(DESTDIR)$(sysusersdir)/pam_aas.conf" \
	    "$(DESTDIR)$(tmpfilesdir)/pam_aas.conf"

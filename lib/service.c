/*
 * The PAM services of common systems that a password gets through.
 *
 * 1. This MUST be the one list: what is no evidence in a rule is none in a
 *    signer's file, and the other way round.
 */
#include <stddef.h>
#include <string.h>

#include "lib/service.h"

static const char *const names[] = { "atd", "chfn", "chgpasswd", "chpasswd",
	"chsh", "cinnamon-screensaver", "cockpit", "cosmic-greeter", "cron",
	"crond", "cups", "doas", "dovecot", "gnome-screensaver", "greetd",
	"gtklock", "hyprlock", "i3lock", "imap", "kscreenlocker",
	"light-locker", "lightdm", "lightlocker", "login", "lxdm", "ly",
	"mate-screensaver", "newusers", "openvpn", "other", "passwd",
	"physlock", "pkexec", "plasmalogin", "polkit-1", "pop3", "ppp",
	"proftpd", "pure-ftpd", "remote", "rlogin", "rsh", "runuser",
	"runuser-l", "samba", "saslauthd", "screen", "sddm", "slick-greeter",
	"slim", "smtp", "squid", "ssh", "sshd", "su", "su-l", "su-rs", "sudo",
	"sudo-i", "sudo-rs", "swaylock", "system-auth", "systemd-user", "vlock",
	"vsftpd", "waylock", "webmin", "xdm", "xfce4-screensaver", "xlock",
	"xrdp", "xrdp-sesman", "xscreensaver" };

/* With what distributions append. */
static const char *const families[] = { "common-", "cosmic-greeter-", "gdm",
	"kde", "lightdm-", "plasmalogin-", "sddm-", "password-auth",
	"system-" };

int
aas_service_shared(const char *name)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(name, names[i]) == 0)
			return 1;
	}
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		if (strncmp(name, families[i], strlen(families[i])) == 0)
			return 1;
	}
	return name[0] == '\0';
}

/*
 * The PAM services of common systems: those that a password gets through, and
 * those that are asked at this machine.
 *
 * 1. These MUST be the one list of each: what is no evidence in a rule is none
 *    in a signer's file, and the other way round.
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

static const char *const inside[] = { "su", "su-l", "sudo", "sudo-i",
	"polkit-1" };

/* Nobody is in front of these. */
static const char *const jobs[] = { "cron", "crond", "atd", "systemd-user",
	"aas-runner", "codex-runner" };

#define N(list) (sizeof(list) / sizeof((list)[0]))

static int
is_one_of(const char *name, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(name, list[i]) == 0)
			return 1;
	}
	return 0;
}

int
aas_service_shared(const char *name)
{
	if (is_one_of(name, names, N(names)))
		return 1;
	for (size_t i = 0; i < N(families); i++) {
		if (strncmp(name, families[i], strlen(families[i])) == 0)
			return 1;
	}
	return name[0] == '\0';
}

int
aas_service_inside(const char *name)
{
	return is_one_of(name, inside, N(inside));
}

int
aas_service_here(const char *name)
{
	return aas_service_inside(name) || is_one_of(name, jobs, N(jobs));
}

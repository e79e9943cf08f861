/*
 * Which addresses alerts may go to.
 *
 * 1. An address MUST NOT be one that a mail program takes for an option or
 *    for two, nor a URL any but https, nor one with a password before the host.
 */
#include <string.h>

#include "lib/conf/alerts_conf.h"

int
aas_alerts_mail_valid(const char *s)
{
	static const char local[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "._%+=-";
	size_t at = strspn(s, local);
	const char *host = s + at + 1;
	size_t n = 0;

	if (at == 0 || at > 64 || s[0] == '-' || s[0] == '.' || s[at] != '@')
		return 0;
	n = strspn(host,
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789.-");
	return n > 0 && n <= 189 && host[n] == '\0' && host[0] != '-' &&
	    host[0] != '.' && host[n - 1] != '.' && strstr(host, "..") == NULL;
}

int
aas_alerts_url_valid(const char *s)
{
	static const char scheme[] = "https://";
	const char *at = NULL;
	size_t n = strlen(s);

	if (n < sizeof(scheme) || n >= AAS_ALERTS_URL ||
	    strncmp(s, scheme, sizeof(scheme) - 1) != 0 ||
	    strchr("/?#@:", s[sizeof(scheme) - 1]) != NULL)
		return 0;
	/* A password there would stand in each log of a proxy, and in ours. */
	at = s + sizeof(scheme) - 1;
	if (memchr(at, '@', strcspn(at, "/?#")) != NULL)
		return 0;
	/* Of RFC 3986, without those that curl(1) makes lists of. */
	return strspn(s,
		   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		   "0123456789-._~:/?#@!$&()*+,;=%") == n;
}

/*
 * aas.conf as text: the guard, then libconfig.  What is accepted has every
 * value in its range; an exit(2) inside libconfig is a finding by itself.
 */
#include <string.h>

#include "lib/conf/conf.h"
#include "tests/fuzz/fuzz.h"

/*
 * libconfig's scanner forgets strings when it meets an error; only tools read
 * settings, once each.
 */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(
    void);
const char *
__lsan_default_suppressions(void)
{
	return "leak:strbuf_append\nleak:libconfig_yylex\n";
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	struct aas_conf *c = NULL;
	char err[AAS_CONF_ERR], why[AAS_CONF_ERR];
	int guard = aas_conf_guard("fuzz", p, len, why);

	if (aas_conf_parse("fuzz", p, len, &c, err) != 0) {
		FUZZ_REQUIRE(c == NULL);
		FUZZ_REQUIRE(memchr(err, '\0', sizeof(err)) != NULL);
		FUZZ_REQUIRE(err[0] != '\0');
		return 0;
	}
	FUZZ_REQUIRE(guard == 0);
	FUZZ_REQUIRE(err[0] == '\0');
	FUZZ_REQUIRE(aas_realm_valid(c->realm));
	FUZZ_REQUIRE(c->state_dir[0] == '/' && c->run_dir[0] == '/');
	FUZZ_REQUIRE(c->present == 1 || c->present == 2);
	FUZZ_REQUIRE(c->uv <= 1 && c->server_keys <= 1);
	FUZZ_REQUIRE(c->timeout_s >= 5 && c->timeout_s <= 600);
	FUZZ_REQUIRE(c->session_s >= 0 && c->idle_s >= 0);
	aas_conf_free(&c);
	FUZZ_REQUIRE(c == NULL);
	return 0;
}

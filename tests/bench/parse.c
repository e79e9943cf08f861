/*
 * parse FILE: what the making of a policy is held against: a bare parse of
 * the same file by libconfig, nothing looked at.
 */
#include <stdio.h>

#include <libconfig.h>

int
main(int argc, char **argv)
{
	config_t cfg;

	if (argc != 2)
		return 2;
	config_init(&cfg);
	if (config_read_file(&cfg, argv[1]) != CONFIG_TRUE) {
		(void)fprintf(stderr, "%s:%d: %s\n", argv[1],
		    config_error_line(&cfg), config_error_text(&cfg));
		return 1;
	}
	config_destroy(&cfg);
	return 0;
}

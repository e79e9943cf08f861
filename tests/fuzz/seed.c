/*
 * Seeds to files.
 */
#include <sys/stat.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/record/record.h"
#include "tests/fuzz/seed.h"

const char *seed_top;
uint8_t seed_part[SEED_PART];
size_t seed_part_n;

static uint8_t out[2 * AAS_RECORD_MAX];
static size_t out_n;

void
seed_must(int ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "seeds: %s\n", what);
		exit(1);
	}
}

void
seed_save(const char *dir, const char *name)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", seed_top, dir);
	(void)mkdir(path, 0777);
	snprintf(path, sizeof(path), "%s/%s/%s", seed_top, dir, name);
	seed_must((f = fopen(path, "we")) != NULL, path);
	seed_must(fwrite(out, 1, out_n, f) == out_n, path);
	seed_must(fclose(f) == 0, path);
}

void
seed_begin(const void *p, size_t n)
{
	memcpy(out, p, n);
	out_n = n;
}

void
seed_add(const void *p, size_t n)
{
	memcpy(out + out_n, p, n);
	out_n += n;
}

void
seed_save_part(const char *dir, const char *name, int r, uint8_t which)
{
	seed_must(r == 0, name);
	seed_begin(&which, 1);
	seed_add(seed_part, seed_part_n);
	seed_save(dir, name);
}

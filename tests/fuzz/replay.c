/*
 * replay: give one fuzz target its seeds without libFuzzer, each as it is,
 * then with single bits flipped and with its tail cut off.  That is what
 * `make check` does with every target, and how a finding is looked at:
 *
 *	tests/fuzz/replay_NAME [-1] [FILE|DIR]...
 *
 * -1 runs the files alone.  Without an argument: the seeds of the tree.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

#define FLIPS    1500u /* mutations per seed and kind, evenly spread */
#define CUTS     300u
#define SEED_MAX 65536u

static unsigned long runs;

/* A copy of exact size, so that sanitizers and valgrind see the first byte
 * read past its end. */
static void
run_copy(const uint8_t *p, size_t len)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);

	if (copy == NULL)
		abort();
	if (len > 0)
		memcpy(copy, p, len);
	(void)LLVMFuzzerTestOneInput(copy, len);
	free(copy);
	runs++;
}

static void
mutate(uint8_t *p, size_t len)
{
	size_t bit, cut, step;

	step = len * 8 / FLIPS + 1;
	for (bit = 0; bit < len * 8; bit += step) {
		p[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		run_copy(p, len);
		p[bit / 8] ^= (uint8_t)(1u << (bit % 8));
	}
	step = len / CUTS + 1;
	for (cut = 0; cut < len; cut += step)
		run_copy(p, cut);
}

static int
run_file(const char *path, int alone)
{
	static uint8_t buf[SEED_MAX];
	FILE *f = fopen(path, "re");
	size_t len;

	if (f == NULL) {
		perror(path);
		return -1;
	}
	len = fread(buf, 1, sizeof(buf), f);
	fclose(f);
	run_copy(buf, len);
	if (!alone)
		mutate(buf, len);
	return 0;
}

static int
run_dir(const char *path, int alone)
{
	struct dirent **names = NULL;
	char file[4096];
	int i, n, rc = 0;

	if ((n = scandir(path, &names, NULL, alphasort)) < 0) {
		perror(path);
		return -1;
	}
	for (i = 0; i < n; i++) {
		snprintf(file, sizeof(file), "%s/%s", path, names[i]->d_name);
		if (names[i]->d_name[0] != '.' && run_file(file, alone) != 0)
			rc = -1;
		free(names[i]);
	}
	free(names);
	return rc;
}

static int
run_path(const char *path, int alone)
{
	struct stat st;

	if (stat(path, &st) != 0) {
		perror(path);
		return -1;
	}
	return S_ISDIR(st.st_mode) ? run_dir(path, alone)
				   : run_file(path, alone);
}

int
main(int argc, char **argv)
{
	int i = 1, alone = 0, rc = 0;

	if (argc > 1 && strcmp(argv[1], "-1") == 0) {
		alone = 1;
		i++;
	}
	if (i == argc)
		rc = run_path(FUZZ_CORPUS FUZZ_NAME, alone);
	for (; i < argc; i++)
		if (run_path(argv[i], alone) != 0)
			rc = -1;
	printf("%lu inputs\n", runs);
	return rc == 0 && runs > 0 ? 0 : 1;
}

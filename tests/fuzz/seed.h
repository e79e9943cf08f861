#ifndef AAS_TESTS_FUZZ_SEED_H
#define AAS_TESTS_FUZZ_SEED_H

#include <stddef.h>
#include <stdint.h>

/* One seed after the other, for the writers of a corpus. */
#define SEED_PART 65536

extern const char *seed_top;         /* the corpus folder */
extern uint8_t seed_part[SEED_PART]; /* what is being put together */
extern size_t seed_part_n;

/* seed_must(ok, what): unless ${ok}, say ${what} and exit. */
void seed_must(int ok, const char *what);

/* seed_begin(p, n), seed_add(p, n): the bytes of a seed. */
void seed_begin(const void *p, size_t n);
void seed_add(const void *p, size_t n);

/* seed_save(dir, name): write it, below the corpus folder. */
void seed_save(const char *dir, const char *name);

/*
 * seed_save_part(dir, name, r, which): what seed_part[] holds, after one byte
 * that chooses its reader; ${r} of what put it there must be 0.
 */
void seed_save_part(const char *dir, const char *name, int r, uint8_t which);

#endif

/*
 * Stamps of keys that answered at a terminal: whose, where and for how long.
 */
#include <sys/stat.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "lib/session/reauth.h"
#include "tests/fixture.h"

struct case_ {
	char run[FIXTURE_PATH];
	char file[FIXTURE_PATH + 64];
	struct aas_now now;
	struct aas_proc_seat seat;
	struct aas_reauth s, got;
	struct aas_reauth_want want;
};

static void
prepare(const struct fixture *f, struct case_ *c)
{
	memset(c, 0, sizeof(*c));
	fixture_path(f, "run", c->run);
	assert_int_equal(aas_clock_now(&c->now), AAS_OK);
	c->now.boottime_ms = 1000000;
	c->seat.tty = 34816;
	c->seat.audit = 7;
	assert_int_equal(aas_proc_self(&c->seat.leader, NULL), AAS_OK);
	c->s.uid = 1000;
	c->s.seat = c->seat;
	memcpy(c->s.boot_id, c->now.boot_id, sizeof(c->s.boot_id));
	c->s.boottime_ms = c->now.boottime_ms;
	c->s.built_s = 77;
	(void)snprintf(c->s.service, sizeof(c->s.service), "sudo");
	c->s.uv = 1;
	c->s.keys_n = 1;
	c->s.key[0][31] = 9;
	c->want = (struct aas_reauth_want){ 1000, &c->seat, &c->now, 77, 300 };
	(void)snprintf(
	    c->file, sizeof(c->file), "%s/reauth/1000-34816-7", c->run);
	assert_int_equal(aas_reauth_write(c->run, &c->s), AAS_OK);
}

static int
find(struct case_ *c)
{
	return aas_reauth_find(c->run, &c->want, &c->got);
}

static void
reauth_stamp_of_this_place_is_found_again_and_again(void **state)
{
	struct case_ c;
	struct stat st;

	prepare(*state, &c);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(find(&c), AAS_OK);
		assert_int_equal(c.got.key[0][31], 9);
		assert_int_equal(c.got.keys_n, 1);
		assert_int_equal(c.got.uv, 1);
		assert_string_equal(c.got.service, "sudo");
	}
	assert_int_equal(stat(c.file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	(void)snprintf(c.file, sizeof(c.file), "%s/reauth", c.run);
	assert_int_equal(stat(c.file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
}

static void
reauth_stamp_of_another_place_or_policy_is_none(void **state)
{
	struct case_ c;

	prepare(*state, &c);
	c.want.uid = 1001;
	assert_int_equal(find(&c), AAS_ERR_NOTFOUND);
	prepare(*state, &c);
	c.seat.tty++;
	assert_int_equal(find(&c), AAS_ERR_NOTFOUND);
	prepare(*state, &c);
	c.seat.audit++;
	assert_int_equal(find(&c), AAS_ERR_NOTFOUND);
	prepare(*state, &c);
	c.seat.leader.pid++;
	assert_int_equal(find(&c), AAS_ERR_DENIED);
	prepare(*state, &c);
	c.seat.leader.start++;
	assert_int_equal(find(&c), AAS_ERR_DENIED);
	prepare(*state, &c);
	c.want.built_s++;
	assert_int_equal(find(&c), AAS_ERR_DENIED);
	prepare(*state, &c);
	assert_int_equal(find(&c), AAS_OK);
}

static void
reauth_stamp_is_of_its_time_alone(void **state)
{
	struct case_ c;

	prepare(*state, &c);
	c.now.boottime_ms += 299999;
	assert_int_equal(find(&c), AAS_OK);
	c.now.boottime_ms++;
	assert_int_equal(find(&c), AAS_ERR_TIMEOUT);
	prepare(*state, &c);
	c.now.boottime_ms--; /* written in a time to come */
	assert_int_equal(find(&c), AAS_ERR_TIMEOUT);
	prepare(*state, &c);
	c.now.boot_id[0] ^= 1;
	assert_int_equal(find(&c), AAS_ERR_TIMEOUT);
	prepare(*state, &c);
	c.want.reauth_s = 0;
	assert_int_equal(find(&c), AAS_ERR_NOTFOUND);
	c.want.reauth_s = -1;
	assert_int_equal(find(&c), AAS_ERR_NOTFOUND);
}

/* The stamp of one user under the name of another's, and other forgeries. */
static void
reauth_forged_stamps_are_none(void **state)
{
	static const char junk[] = "AASREA01 and more";
	char other[FIXTURE_PATH + 64];
	struct case_ c;
	int fd;

	prepare(*state, &c);
	(void)snprintf(other, sizeof(other), "%s/reauth/1001-34816-7", c.run);
	assert_int_equal(link(c.file, other), 0);
	assert_int_equal(find(&c), AAS_ERR_PERMS); /* two names */
	assert_int_equal(unlink(c.file), 0);
	c.want.uid = 1001;
	assert_int_equal(find(&c), AAS_ERR_DENIED);

	prepare(*state, &c);
	assert_int_equal(chmod(c.file, 0660), 0);
	assert_int_equal(find(&c), AAS_ERR_PERMS);
	prepare(*state, &c);
	assert_int_equal(chmod(c.file, 0604), 0);
	assert_int_equal(find(&c), AAS_ERR_PERMS);
	if (geteuid() == 0) {
		prepare(*state, &c);
		assert_int_equal(chown(c.file, 1000, 0), 0);
		assert_int_equal(find(&c), AAS_ERR_PERMS);
	}
	prepare(*state, &c);
	assert_int_equal(rename(c.file, other), 0);
	assert_int_equal(symlink(other, c.file), 0);
	assert_int_not_equal(find(&c), AAS_OK);

	prepare(*state, &c);
	assert_int_equal(unlink(c.file), 0);
	fd = open(c.file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, junk, sizeof(junk)), sizeof(junk));
	assert_int_equal(close(fd), 0);
	assert_int_equal(find(&c), AAS_ERR_FORMAT);
	assert_int_equal(truncate(c.file, 0), 0);
	assert_int_not_equal(find(&c), AAS_OK);
	assert_int_equal(unlink(c.file), 0);
	assert_int_equal(mkdir(c.file, 0700), 0);
	assert_int_not_equal(find(&c), AAS_OK);
	assert_int_equal(rmdir(c.file), 0);
}

static void
reauth_each_changed_bit_is_noticed(void **state)
{
	struct case_ c;
	uint8_t b[AAS_REAUTH_BYTES];
	ssize_t n;
	int fd;

	prepare(*state, &c);
	fd = open(c.file, O_RDWR | O_CLOEXEC);
	assert_int_not_equal(fd, -1);
	n = read(fd, b, sizeof(b));
	assert_true(n > 60);
	for (ssize_t i = 0; i < n * 8; i++) {
		b[i / 8] ^= (uint8_t)(1 << i % 8);
		assert_int_equal(pwrite(fd, b, (size_t)n, 0), n);
		assert_int_not_equal(find(&c), AAS_OK);
		b[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	assert_int_equal(pwrite(fd, b, (size_t)n, 0), n);
	assert_int_equal(find(&c), AAS_OK);
	assert_int_equal(pwrite(fd, "", 1, n), 1);
	assert_int_not_equal(find(&c), AAS_OK);
	assert_int_equal(close(fd), 0);
}

static void
reauth_without_a_place_nothing_is_written(void **state)
{
	struct case_ c;

	prepare(*state, &c);
	c.s.seat.tty = 0;
	assert_int_equal(aas_reauth_write(c.run, &c.s), AAS_ERR_INVAL);
	c.s.seat = c.seat;
	c.s.keys_n = 0;
	assert_int_equal(aas_reauth_write(c.run, &c.s), AAS_ERR_INVAL);
	c.s.keys_n = 3;
	assert_int_equal(aas_reauth_write(c.run, &c.s), AAS_ERR_INVAL);
	c.s.keys_n = 1;
	c.s.seat.leader.pid = 0;
	assert_int_equal(aas_reauth_write(c.run, &c.s), AAS_ERR_INVAL);
}

static void
reauth_forget_takes_all_of_one_user_alone(void **state)
{
	struct case_ c;

	prepare(*state, &c);
	c.s.uid = 10001; /* begins with the same digits */
	assert_int_equal(aas_reauth_write(c.run, &c.s), AAS_OK);
	assert_int_equal(aas_reauth_forget(c.run, 1000), AAS_OK);
	assert_int_equal(find(&c), AAS_ERR_NOTFOUND);
	c.want.uid = 10001;
	assert_int_equal(find(&c), AAS_OK);
	assert_int_equal(aas_reauth_forget(c.run, 1000), AAS_OK);
}

static void
reauth_sweep_takes_what_serves_nobody(void **state)
{
	struct case_ c;

	prepare(*state, &c);
	assert_int_equal(aas_reauth_sweep(c.run, &c.now), AAS_OK);
	assert_int_equal(find(&c), AAS_OK);
	c.s.uid = 1001;
	c.s.seat.leader.start++; /* another process has that pid now */
	assert_int_equal(aas_reauth_write(c.run, &c.s), AAS_OK);
	(void)snprintf(c.file, sizeof(c.file), "%s/reauth/1001-34816-7", c.run);
	assert_int_equal(access(c.file, F_OK), 0);
	assert_int_equal(aas_reauth_sweep(c.run, &c.now), AAS_OK);
	assert_int_equal(access(c.file, F_OK), -1);
	/* What is none: a piece of one, and what is too long. */
	for (off_t len = 0; len <= 2 * AAS_REAUTH_BYTES;
	     len += AAS_REAUTH_BYTES) {
		assert_int_equal(aas_reauth_write(c.run, &c.s), AAS_OK);
		assert_int_equal(truncate(c.file, len), 0);
		assert_int_equal(aas_reauth_sweep(c.run, &c.now), AAS_OK);
		assert_int_equal(access(c.file, F_OK), -1);
	}
	assert_int_equal(find(&c), AAS_OK);
	c.now.boot_id[0] ^= 1;
	assert_int_equal(aas_reauth_sweep(c.run, &c.now), AAS_OK);
	c.now.boot_id[0] ^= 1;
	assert_int_equal(find(&c), AAS_ERR_NOTFOUND);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		FIXTURE_TEST(
		    reauth_stamp_of_this_place_is_found_again_and_again),
		FIXTURE_TEST(reauth_stamp_of_another_place_or_policy_is_none),
		FIXTURE_TEST(reauth_stamp_is_of_its_time_alone),
		FIXTURE_TEST(reauth_forged_stamps_are_none),
		FIXTURE_TEST(reauth_each_changed_bit_is_noticed),
		FIXTURE_TEST(reauth_without_a_place_nothing_is_written),
		FIXTURE_TEST(reauth_forget_takes_all_of_one_user_alone),
		FIXTURE_TEST(reauth_sweep_takes_what_serves_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

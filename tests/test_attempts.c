/*
 * Refused sign-ins, counted in a file of fixed size.
 */
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/event/attempts_slot.h"
#include "lib/event/spool.h"
#include "tests/fixture.h"

#define NOW 1780000000

static char spool[FIXTURE_PATH];

static int
setup(void **state)
{
	if (fixture_setup(state) != 0)
		return -1;
	fixture_path(*state, "spool", spool);
	return 0;
}
#define ATTEMPTS_TEST(f) \
	cmocka_unit_test_setup_teardown(f, setup, fixture_teardown)

static const char *
file(void)
{
	static char path[AAS_SPOOL_PATH];

	assert_int_equal(aas_spool_file(spool, AAS_ATTEMPTS, path), AAS_OK);
	return path;
}

static int
add(uint32_t uid, const char *rhost)
{
	char name[32];

	(void)snprintf(name, sizeof(name), "user%u", uid);
	return aas_attempts_add(spool, NULL, uid, name, "sshd", rhost, NOW);
}

/* What a drainer was given. */
static struct aas_attempts got[2000];
static size_t got_n;
static int answer, is_due = 1;

static int
keep(void *arg, const struct aas_attempts *a)
{
	(void)arg;
	got[got_n++] = *a;
	return answer;
}

static int
due(void *arg, uint32_t uid)
{
	(void)arg;
	(void)uid;
	return is_due;
}

static size_t
take(int how)
{
	const struct aas_attempts_sink sink = { due, keep, NULL };

	got_n = 0;
	answer = how;
	assert_int_equal(aas_attempts_take(spool, &sink), AAS_OK);
	return got_n;
}

static uint64_t
total(void)
{
	uint64_t n = 0;

	for (size_t i = 0; i < got_n; i++)
		n += got[i].count;
	return n;
}

static void
attempts_are_counted_and_told_by_host(void **state)
{
	(void)state;
	assert_int_equal(take(0), 0);
	for (int i = 0; i < 5; i++)
		assert_int_equal(add(1000, "192.0.2.1"), AAS_OK);
	for (int i = 0; i < 9; i++)
		assert_int_equal(add(1000, "192.0.2.2"), AAS_OK);
	assert_int_equal(add(1000, NULL), AAS_OK);
	assert_int_equal(add(1001, "evil\nhost"), AAS_OK);
	assert_int_equal(take(0), 2);
	if (got[0].uid != 1000) {
		got[2] = got[0];
		got[0] = got[1];
		got[1] = got[2];
	}
	assert_int_equal(got[0].uid, 1000);
	assert_string_equal(got[0].user, "user1000");
	assert_string_equal(got[0].service, "sshd");
	assert_int_equal(got[0].count, 15);
	assert_int_equal(got[0].first_s, NOW);
	assert_int_equal(got[0].last_s, NOW);
	assert_int_equal(got[0].hosts_n, 3);
	assert_string_equal(got[0].hosts[0].rhost, "192.0.2.2");
	assert_int_equal(got[0].hosts[0].count, 9);
	assert_string_equal(got[0].hosts[1].rhost, "192.0.2.1");
	assert_string_equal(got[0].hosts[2].rhost, "");
	assert_int_equal(strlen(got[0].id), 32);
	assert_int_equal(got[1].count, 1);
	assert_string_equal(got[1].hosts[0].rhost, "evil\nhost");
	assert_int_equal(take(0), 0);
}

static void
attempts_from_ever_new_addresses_take_no_more_room(void **state)
{
	struct stat st;
	char rhost[64];

	(void)state;
	for (int i = 0; i < 30000; i++) {
		(void)snprintf(
		    rhost, sizeof(rhost), "2001:db8::%x:%x", i >> 8, i & 255);
		assert_int_equal(add(1000, rhost), AAS_OK);
		if (i % 100 == 0)
			assert_int_equal(add(1000, "198.51.100.7"), AAS_OK);
	}
	assert_int_equal(stat(file(), &st), 0);
	assert_int_equal(st.st_size, AAS_ATTEMPTS_SIZE);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(take(0), 1);
	assert_int_equal(got[0].count, 30300);
	assert_int_equal(got[0].hosts_n, AAS_ATTEMPTS_TOP);
	/* Who keeps coming is not washed away. */
	assert_string_equal(got[0].hosts[0].rhost, "198.51.100.7");
	assert_int_equal(got[0].hosts[0].count, 300);
}

static void
attempts_on_more_users_than_slots_lose_no_count(void **state)
{
	uint32_t others = 0;

	(void)state;
	for (uint32_t uid = 1; uid <= 1500; uid++)
		assert_int_equal(add(uid, "192.0.2.1"), AAS_OK);
	(void)take(0);
	assert_int_equal(total(), 1500);
	assert_true(got_n > 700);
	for (size_t i = 0; i < got_n; i++)
		if (got[i].uid == AAS_ATTEMPTS_OTHERS)
			others++;
	assert_int_equal(others, 1);
	assert_int_equal(take(0), 0);
}

static void
attempts_counted_by_many_at_once_are_all_there(void **state)
{
	pid_t pid[8];
	int status;

	(void)state;
	for (int i = 0; i < 8; i++) {
		if ((pid[i] = fork()) == 0) {
			char rhost[32];

			for (int n = 0; n < 500; n++) {
				(void)snprintf(
				    rhost, sizeof(rhost), "h%d.%d", i, n);
				if (add(1000, rhost) != AAS_OK)
					_exit(1);
			}
			_exit(0);
		}
	}
	for (int i = 0; i < 8; i++) {
		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_int_equal(status, 0);
	}
	assert_int_equal(take(0), 1);
	assert_int_equal(got[0].count, 4000);
}

static void
attempts_f10_pass_over_who_holds_a_lock_and_stands_still(void **state)
{
	int64_t began;
	int fd;

	(void)state;
	assert_int_equal(add(1000, "a"), AAS_OK);
	fd = open(file(), O_RDWR | O_CLOEXEC);
	/* Each bucket of users in turn. */
	for (int i = 0; i < ATT_USERS; i++) {
		assert_int_equal(
		    aas_spool_lock(fd, ATT_USERS_AT + i * 1024, 1024, 1),
		    AAS_OK);
		assert_int_equal(add(1000, "b"), AAS_OK);
		assert_int_equal(
		    aas_spool_lock(fd, ATT_USERS_AT + i * 1024, 1024, 0),
		    AAS_OK);
	}
	(void)take(0);
	assert_int_equal(got_n, 1);
	assert_int_equal(total(), 1 + ATT_USERS);
	/* All of it: told, and soon. */
	began = aas_clock_ms();
	assert_int_equal(aas_spool_lock(fd, 0, AAS_ATTEMPTS_SIZE, 1), AAS_OK);
	assert_int_equal(add(1000, "c"), AAS_ERR_AGAIN);
	assert_int_equal(
	    aas_attempts_once(spool, NULL, 1, "x", NULL, NOW, 60), 1);
	assert_int_equal(
	    aas_attempts_once(spool, NULL, 1, "x", NULL, NOW, 60), 1);
	assert_in_range(aas_clock_ms() - began, 0, 2000);
	assert_int_equal(close(fd), 0);
	assert_int_equal(add(1000, "c"), AAS_OK);
}

static void
attempts_slot_that_is_torn_is_empty(void **state)
{
	uint8_t b[AAS_ATTEMPTS_SIZE];
	int fd;

	(void)state;
	assert_int_equal(add(1000, "a"), AAS_OK);
	assert_int_equal(add(1000, "a"), AAS_OK);
	fd = open(file(), O_RDWR | O_CLOEXEC);
	assert_int_equal(pread(fd, b, sizeof(b), 0), sizeof(b));
	for (size_t i = 0; i < sizeof(b); i++)
		if (b[i] != 0) {
			b[i] ^= 1;
			break;
		}
	assert_int_equal(pwrite(fd, b, sizeof(b), 0), sizeof(b));
	assert_int_equal(take(0), 0);
	assert_int_equal(add(1000, "a"), AAS_OK);
	assert_int_equal(take(0), 1);
	assert_int_equal(got[0].count, 1);
	/* And what is none of ours. */
	memset(b, 0xff, sizeof(b));
	assert_int_equal(pwrite(fd, b, sizeof(b), 0), sizeof(b));
	assert_int_equal(close(fd), 0);
	assert_int_equal(take(0), 0);
	assert_int_equal(
	    aas_attempts_once(spool, NULL, 1, "x", NULL, NOW, 60), 1);
	assert_int_equal(
	    aas_attempts_once(spool, NULL, 1, "x", NULL, NOW, 60), 0);
	assert_int_equal(add(1000, "a"), AAS_OK);
	assert_int_equal(take(0), 1);
}

static void
attempts_not_kept_come_again_as_the_same_event(void **state)
{
	char id[AAS_EVENT_ID];

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(add(1000, "a"), AAS_OK);
	assert_int_equal(take(1), 1);
	(void)snprintf(id, sizeof(id), "%s", got[0].id);
	/* More come, and the same three are told. */
	for (int i = 0; i < 4; i++)
		assert_int_equal(add(1000, "a"), AAS_OK);
	assert_int_equal(take(0), 1);
	assert_string_equal(got[0].id, id);
	assert_int_equal(got[0].count, 3);
	assert_int_equal(take(0), 1);
	assert_string_not_equal(got[0].id, id);
	assert_int_equal(got[0].count, 4);
	assert_int_equal(take(0), 0);
}

static void
attempts_that_are_not_due_are_left_and_grow(void **state)
{
	(void)state;
	assert_int_equal(add(1000, "a"), AAS_OK);
	is_due = 0;
	assert_int_equal(take(0), 0);
	assert_int_equal(add(1000, "a"), AAS_OK);
	assert_int_equal(take(0), 0);
	is_due = 1;
	assert_int_equal(take(0), 1);
	assert_int_equal(got[0].count, 2);
}

/* Two slots of one user, in the buckets low and high. */
static void
two_slots(int fd, off_t *low, off_t *high)
{
	static uint8_t b[ATT_HOSTS_AT];
	off_t at[2] = { 0, 0 };
	int n = 0;

	assert_int_equal(add(1000, "a"), AAS_OK);
	assert_int_equal(pread(fd, b, sizeof(b), 0), sizeof(b));
	for (size_t i = 0; i < sizeof(b) && n == 0; i++)
		if (b[i] != 0)
			at[n++] = (off_t)(i / 1024 * 1024);
	assert_int_equal(aas_spool_lock(fd, at[0], 1024, 1), AAS_OK);
	assert_int_equal(add(1000, "a"), AAS_OK);
	assert_int_equal(add(1000, "a"), AAS_OK);
	assert_int_equal(aas_spool_lock(fd, at[0], 1024, 0), AAS_OK);
	assert_int_equal(pread(fd, b, sizeof(b), 0), sizeof(b));
	for (size_t i = 0; i < sizeof(b) && n == 1; i++)
		if (b[i] != 0 && (off_t)(i / 1024 * 1024) != at[0])
			at[n++] = (off_t)(i / 1024 * 1024);
	assert_int_equal(n, 2);
	*low = at[0] < at[1] ? at[0] : at[1];
	*high = at[0] < at[1] ? at[1] : at[0];
}

/* Whoever counts comes in between. */
struct held {
	int fd;
	off_t at;
};

static int
keep_held(void *arg, const struct aas_attempts *a)
{
	const struct held *h = arg;

	got[got_n++] = *a;
	return aas_spool_lock(h->fd, h->at, 1024, 1);
}

static void
attempts_of_a_slot_that_is_held_come_again_as_the_same_event(void **state)
{
	struct held h = { -1, 0 };
	const struct aas_attempts_sink sink = { due, keep_held, &h };
	char id[AAS_EVENT_ID];
	off_t slot[2];

	(void)state;
	assert_int_equal(add(1, "a"), AAS_OK);
	assert_int_equal(take(0), 1);
	assert_true((h.fd = open(file(), O_RDWR | O_CLOEXEC)) != -1);
	for (int i = 0; i < 4; i++) {
		two_slots(h.fd, &slot[0], &slot[1]);
		h.at = slot[i % 2];
		got_n = 0;
		/* Kept, and then the one or the other cannot be subtracted;
		 * or it was not kept, and then the one or the other is held. */
		if (i < 2)
			assert_int_equal(
			    aas_attempts_take(spool, &sink), AAS_OK);
		else {
			assert_int_equal(take(1), 1);
			assert_int_equal(
			    aas_spool_lock(h.fd, h.at, 1024, 1), AAS_OK);
		}
		assert_int_equal(got_n, 1);
		assert_int_equal(got[0].count, 3);
		(void)snprintf(id, sizeof(id), "%s", got[0].id);
		for (size_t k = take(0); k > 0; k--)
			assert_string_equal(got[k - 1].id, id);
		assert_int_equal(aas_spool_lock(h.fd, h.at, 1024, 0), AAS_OK);
		for (size_t k = take(0); k > 0; k--)
			assert_string_equal(got[k - 1].id, id);
		assert_int_equal(take(0), 0);
	}
	assert_int_equal(close(h.fd), 0);
}

static void
attempts_that_came_as_far_as_keep_are_brought_to_their_end(void **state)
{
	(void)state;
	assert_int_equal(add(1000, "a"), AAS_OK);
	assert_int_equal(add(2000, "a"), AAS_OK);
	assert_int_equal(take(1), 2);
	/* Kept, perhaps, and the crash came before it was subtracted. */
	assert_int_equal(add(3000, "a"), AAS_OK);
	is_due = 0;
	assert_int_equal(take(0), 2);
	assert_int_equal(total(), 2);
	assert_int_equal(take(0), 0);
	is_due = 1;
	assert_int_equal(take(0), 1);
	assert_int_equal(got[0].uid, 3000);
}

static void
attempts_due_notes_nothing(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++)
		assert_int_equal(
		    aas_attempts_due(spool, NULL, 1, "x", NULL, NOW, 60), 1);
	assert_int_equal(
	    aas_attempts_once(spool, NULL, 1, "x", NULL, NOW, 60), 1);
	assert_int_equal(
	    aas_attempts_due(spool, NULL, 1, "x", NULL, NOW + 59, 60), 0);
	assert_int_equal(
	    aas_attempts_due(spool, NULL, 1, "x", NULL, NOW + 60, 60), 1);
}

static void
attempts_counted_while_room_is_made_are_all_there(void **state)
{
	uint64_t n = 0;
	int status = 0;

	(void)state;
	for (int i = 0; i < 40; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(aas_spool_prepare(spool) == AAS_OK ? 0 : 1);
		assert_true(pid > 0);
		do
			n += add(1000, "a") == AAS_OK;
		while (waitpid(pid, &status, WNOHANG) == 0);
		assert_int_equal(status, 0);
		assert_int_equal(take(0), 1);
		assert_int_equal(got[0].count, n);
		assert_int_equal(unlink(file()), 0);
		n = 0;
	}
}

static int
once(uint32_t uid, const char *what, const char *more, int64_t at)
{
	return aas_attempts_once(spool, NULL, uid, what, more, at, 3600);
}

static void
attempts_once_is_once_an_hour_for_each(void **state)
{
	(void)state;
	assert_int_equal(once(1, "broken", NULL, NOW), 1);
	assert_int_equal(once(1, "broken", NULL, NOW), 0);
	assert_int_equal(once(1, "broken", NULL, NOW + 3599), 0);
	assert_int_equal(once(2, "broken", NULL, NOW), 1);
	assert_int_equal(once(1, "exempt", NULL, NOW), 1);
	assert_int_equal(once(1, "exempt", "cron", NOW), 1);
	assert_int_equal(once(1, "exempt", "cron", NOW), 0);
	assert_int_equal(once(1, "broken", NULL, NOW + 3600), 1);
	assert_int_equal(once(1, "broken", NULL, NOW + 3600), 0);
	/* A clock that was wrong does not silence it for years. */
	assert_int_equal(once(1, "broken", NULL, NOW), 1);
	/* So many others: the oldest make room. */
	for (uint32_t uid = 10; uid < 6000; uid++)
		assert_int_equal(once(uid, "broken", NULL, NOW + 10), 1);
	assert_int_equal(once(5999, "broken", NULL, NOW + 10), 0);
}

static void
attempts_file_that_is_none_is_told(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(add(1000, "a"), AAS_OK);
	assert_int_equal(unlink(file()), 0);
	assert_int_equal(mkfifo(file(), 0600), 0);
	assert_int_equal(add(1000, "a"), AAS_ERR_PERMS);
	assert_int_equal(once(1, "x", NULL, NOW), 1);
	assert_int_equal(unlink(file()), 0);
	assert_int_equal(symlink("/etc/passwd", file()), 0);
	assert_int_equal(add(1000, "a"), AAS_ERR_PERMS);
	assert_int_equal(unlink(file()), 0);
	assert_int_equal(mkdir(file(), 0700), 0);
	assert_int_equal(add(1000, "a"), AAS_ERR_PERMS);
	assert_int_equal(rmdir(file()), 0);
	assert_int_equal(add(1000, "a"), AAS_OK);
	assert_int_equal(chmod(file(), 0660), 0);
	assert_int_equal(add(1000, "a"), AAS_ERR_PERMS);
	assert_int_equal(chmod(file(), 0600), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown(file(), 1234, 1234), 0);
		assert_int_equal(add(1000, "a"), AAS_ERR_PERMS);
		assert_int_equal(chown(file(), 0, 0), 0);
	}
	assert_int_equal(truncate(file(), AAS_ATTEMPTS_SIZE + 1), 0);
	assert_int_equal(add(1000, "a"), AAS_ERR_FORMAT);
	/* One that was cut is made whole. */
	assert_int_equal(truncate(file(), 100), 0);
	assert_int_equal(add(1000, "a"), AAS_OK);
	assert_int_equal(stat(file(), &st), 0);
	assert_int_equal(st.st_size, AAS_ATTEMPTS_SIZE);
}

static int
full_disk(void *arg)
{
	char path[FIXTURE_PATH + 16];
	int fd, r;

	(void)arg;
	if ((r = fixture_disk(spool, "size=2m,mode=755")) == -2)
		return -2;
	CHECK(r == 0);
	(void)snprintf(path, sizeof(path), "%s/stuff", spool);
	/* Without blocks of its own the file can fail. */
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	(void)fixture_fill(fd);
	CHECK(add(1, "a") == AAS_ERR_SYS && errno == ENOSPC);
	/* With them it does not. */
	CHECK(ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0);
	CHECK(aas_spool_prepare(spool) == AAS_OK);
	(void)fixture_fill(fd);
	for (uint32_t uid = 1; uid < 1500; uid++)
		CHECK(add(uid, "a") == AAS_OK);
	CHECK(close(fd) == 0);
	CHECK(mount(NULL, spool, NULL, MS_REMOUNT | MS_RDONLY, NULL) == 0);
	CHECK(add(1, "a") == AAS_ERR_SYS && errno == EROFS);
	return 0;
}

static void
attempts_on_a_full_disk_are_counted_in_blocks_of_their_own(void **state)
{
	int r;

	(void)state;
	if (geteuid() != 0)
		skip();
	if ((r = fixture_in_child(full_disk, NULL)) == -2)
		skip();
	assert_int_equal(r, 0);
	assert_int_equal(rmdir(spool), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		ATTEMPTS_TEST(attempts_are_counted_and_told_by_host),
		ATTEMPTS_TEST(
		    attempts_from_ever_new_addresses_take_no_more_room),
		ATTEMPTS_TEST(attempts_on_more_users_than_slots_lose_no_count),
		ATTEMPTS_TEST(attempts_counted_by_many_at_once_are_all_there),
		ATTEMPTS_TEST(
		    attempts_f10_pass_over_who_holds_a_lock_and_stands_still),
		ATTEMPTS_TEST(attempts_slot_that_is_torn_is_empty),
		ATTEMPTS_TEST(attempts_not_kept_come_again_as_the_same_event),
		ATTEMPTS_TEST(attempts_that_are_not_due_are_left_and_grow),
		ATTEMPTS_TEST(
		    attempts_that_came_as_far_as_keep_are_brought_to_their_end),
		ATTEMPTS_TEST(
		    attempts_of_a_slot_that_is_held_come_again_as_the_same_event),
		ATTEMPTS_TEST(attempts_due_notes_nothing),
		ATTEMPTS_TEST(
		    attempts_counted_while_room_is_made_are_all_there),
		ATTEMPTS_TEST(attempts_once_is_once_an_hour_for_each),
		ATTEMPTS_TEST(attempts_file_that_is_none_is_told),
		ATTEMPTS_TEST(
		    attempts_on_a_full_disk_are_counted_in_blocks_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

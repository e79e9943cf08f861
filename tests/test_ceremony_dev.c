/*
 * The list of devices, over a sysfs of plain files.
 */
#include "tests/fixture.h"

#include <sys/stat.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/ceremony/dev.h"
#include "lib/err.h"

/* NAME with a report descriptor (NULL: sysfs shows none). */
static void
device(const struct fixture *f, const char *name, const char *desc)
{
	char path[FIXTURE_PATH];

	assert_int_equal(mkdirat(f->dirfd, name, 0755), 0);
	(void)snprintf(path, sizeof(path), "%s/device", name);
	assert_int_equal(mkdirat(f->dirfd, path, 0755), 0);
	if (desc == NULL)
		return;
	(void)snprintf(path, sizeof(path), "%s/device/report_descriptor", name);
	fixture_write(f, path, desc, 0644);
}

/* The fixture removes files and empty directories of one level only. */
static void
clear(const struct fixture *f, const char *name)
{
	char path[FIXTURE_PATH];

	(void)snprintf(path, sizeof(path), "%s/device/report_descriptor", name);
	(void)unlinkat(f->dirfd, path, 0);
	(void)snprintf(path, sizeof(path), "%s/device", name);
	(void)unlinkat(f->dirfd, path, AT_REMOVEDIR);
	(void)unlinkat(f->dirfd, name, AT_REMOVEDIR);
}

static void
ceremony_dev_lists_security_keys_in_order(void **state)
{
	static const char *const names[] = { "hidraw10", "hidraw2", "hidraw0",
		"hidraw3", "hidraw4", "hidraw", "hidrawx", "mouse0",
		"hidraw1234567" };
	static const char *const desc[] = { "\x06\xd0\xf1\x09", "\x06\xd0\xf1",
		"\x05\x01\x09\x06", NULL, "\x06\xd0", "\x06\xd0\xf1",
		"\x06\xd0\xf1", "\x06\xd0\xf1", "\x06\xd0\xf1" };
	struct fixture *f = *state;
	struct aas_dev devs[AAS_DEV_MAX];
	size_t n = 99;

	for (size_t i = 0; i < 9; i++)
		device(f, names[i], desc[i]);
	assert_int_equal(aas_dev_list(f->dir, devs, &n), AAS_OK);
	assert_int_equal(n, 3);
	assert_string_equal(devs[0].node, "hidraw2");
	/* sysfs does not say what hidraw3 is: it must be asked. */
	assert_string_equal(devs[1].node, "hidraw3");
	assert_string_equal(devs[2].node, "hidraw10");
	for (size_t i = 0; i < 9; i++)
		clear(f, names[i]);
}

static void
ceremony_dev_without_a_directory_is_empty(void **state)
{
	struct fixture *f = *state;
	struct aas_dev devs[AAS_DEV_MAX];
	char path[FIXTURE_PATH];
	size_t n = 99;

	assert_int_equal(
	    aas_dev_list(fixture_path(f, "none", path), devs, &n), AAS_OK);
	assert_int_equal(n, 0);
}

static void
ceremony_dev_more_than_fit_are_left_out(void **state)
{
	struct fixture *f = *state;
	struct aas_dev devs[AAS_DEV_MAX];
	char name[16];
	size_t n = 0;

	for (int i = 0; i < AAS_DEV_MAX + 4; i++) {
		(void)snprintf(name, sizeof(name), "hidraw%d", i);
		device(f, name, "\x06\xd0\xf1");
	}
	assert_int_equal(aas_dev_list(f->dir, devs, &n), AAS_OK);
	assert_int_equal(n, AAS_DEV_MAX);
	for (int i = 0; i < AAS_DEV_MAX + 4; i++) {
		(void)snprintf(name, sizeof(name), "hidraw%d", i);
		clear(f, name);
	}
}

static void
ceremony_dev_plugged_anew_is_another(void **state)
{
	struct fixture *f = *state;
	struct aas_dev a[AAS_DEV_MAX], b[AAS_DEV_MAX];
	size_t n = 0;

	device(f, "one", "\x06\xd0\xf1");
	device(f, "two", "\x06\xd0\xf1");
	assert_int_equal(symlinkat("one", f->dirfd, "hidraw0"), 0);
	assert_int_equal(aas_dev_list(f->dir, a, &n), AAS_OK);
	assert_int_equal(n, 1);
	assert_string_equal(a[0].link, "one");
	assert_true(aas_dev_same(&a[0], &a[0]));
	(void)unlinkat(f->dirfd, "hidraw0", 0);
	assert_int_equal(symlinkat("two", f->dirfd, "hidraw0"), 0);
	assert_int_equal(aas_dev_list(f->dir, b, &n), AAS_OK);
	assert_int_equal(n, 1);
	assert_false(aas_dev_same(&a[0], &b[0]));
	(void)unlinkat(f->dirfd, "hidraw0", 0);
	clear(f, "one");
	clear(f, "two");
}

/* A plain file, a missing node, a changed node: none is a security key. */
static void
ceremony_dev_open_wants_the_very_device(void **state)
{
	struct fixture *f = *state;
	struct aas_dev devs[AAS_DEV_MAX], d;
	char path[FIXTURE_PATH];
	size_t n = 0;
	int fd = -7;

	assert_int_equal(mkdirat(f->dirfd, "dev", 0755), 0);
	device(f, "hidraw0", "\x06\xd0\xf1");
	(void)fixture_path(f, "dev", path);
	assert_int_equal(aas_dev_list(f->dir, devs, &n), AAS_OK);
	assert_int_equal(n, 1);
	assert_int_equal(
	    aas_dev_open(f->dir, path, &devs[0], &fd), AAS_ERR_NOTFOUND);
	fixture_write(f, "dev/hidraw0", "", 0600);
	assert_int_equal(
	    aas_dev_open(f->dir, path, &devs[0], &fd), AAS_ERR_FORMAT);
	d = devs[0];
	d.ino++;
	assert_int_equal(aas_dev_open(f->dir, path, &d, &fd), AAS_ERR_NOTFOUND);
	assert_int_equal(fd, -7);
	(void)unlinkat(f->dirfd, "dev/hidraw0", 0);
	(void)unlinkat(f->dirfd, "dev", AT_REMOVEDIR);
	clear(f, "hidraw0");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(ceremony_dev_lists_security_keys_in_order),
		FIXTURE_TEST(ceremony_dev_without_a_directory_is_empty),
		FIXTURE_TEST(ceremony_dev_more_than_fit_are_left_out),
		FIXTURE_TEST(ceremony_dev_plugged_anew_is_another),
		FIXTURE_TEST(ceremony_dev_open_wants_the_very_device),
	};

	return cmocka_run_group_tests_name("ceremony_dev", tests, NULL, NULL);
}

/*
 * How many alerts of a user were not delivered.  It runs inside sshd and login.
 *
 * A file that is not root's MUST say nothing.
 */
#include <sys/stat.h>

#include <fcntl.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/event/spool.h"
#include "lib/event/undelivered.h"
#include "lib/put.h"

size_t
aas_undelivered(const char *spooldir, uint32_t uid)
{
	char path[AAS_SPOOL_PATH];
	struct aas_put t;
	struct stat st;

	aas_put_init(&t, path, sizeof(path));
	aas_put_text(&t, spooldir);
	aas_put_text(&t, "/" AAS_UNDELIVERED "/");
	aas_put_number(&t, uid);
	if (t.bad || fstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    !S_ISREG(st.st_mode) || st.st_uid != geteuid() || st.st_size < 0)
		return 0;
	return (size_t)st.st_size;
}

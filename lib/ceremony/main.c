/*
 * The first moments of a helper.  aas-unlock is set-group-id and started by
 * whoever likes: nothing that its caller left behind may matter.
 *
 * 1. No environment variable MUST be read after this, by us or by a library.
 * 2. Nothing inherited MUST stay open but the conversation.
 * 3. While it holds the host's one ceremony, its caller's user MUST NOT be
 *    able to stop it: in su and sudo the real uid is still that user's, and so
 *    may the control group be.
 */
#include <config.h>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/cgroup.h"
#include "lib/ceremony/ceremony.h"
#include "lib/ceremony/main.h"
#include "lib/err.h"

static int
only_socket(void)
{
	int null, type = 0;
	socklen_t len = sizeof(type);

	if (getsockopt(0, SOL_SOCKET, SO_TYPE, &type, &len) == -1 ||
	    type != SOCK_SEQPACKET)
		return AAS_ERR_FORMAT;
	if (syscall(SYS_close_range, 1U, ~0U, 0U) == -1)
		return AAS_ERR_SYS;
	/* 1 and 2 exist, so that no file of ours ever becomes them. */
	null = open("/dev/null", O_RDWR);
	if (null != 1 || dup2(null, 2) == -1)
		return AAS_ERR_SYS;
	return AAS_OK;
}

/* Handlers do not survive exec; what was ignored stays so. */
static void
plain_signals(void)
{
	sigset_t none;

	(void)signal(SIGALRM, SIG_DFL);
	(void)signal(SIGCHLD, SIG_DFL);
	(void)signal(SIGTERM, SIG_DFL);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Root's helper is root's alone; aas-unlock stays its caller's. */
static int
own_ids(unsigned flags)
{
	if ((flags & AAS_CER_UNLOCK) != 0 || geteuid() != 0)
		return AAS_OK;
	if (setresgid(0, 0, 0) == -1 || setresuid(0, 0, 0) == -1)
		return AAS_ERR_SYS;
	(void)aas_cgroup_leave();
	return AAS_OK;
}

int
aas_ceremony_main(unsigned flags, aas_cer_settings_fn *read)
{
	static const struct rlimit no_core = { 0, 0 };
	uid_t caller = getuid(); /* own_ids() gives it up */

	if (clearenv() != 0 || own_ids(flags) != AAS_OK ||
	    only_socket() != AAS_OK)
		return 1;
	plain_signals();
	(void)umask(077);
	if (chdir("/") == -1 || setrlimit(RLIMIT_CORE, &no_core) == -1 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		return 1;
	return aas_ceremony_run(0, flags, caller, read) == AAS_OK ? 0 : 1;
}

/* SPDX-License-Identifier: MIT */
/*
 * pv-drivers/common/privileges.c - a backend that a guest has taken over can do
 * what its open descriptors let it, and nothing else.  device.h has the function.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "pv-drivers/common/device.h"

#define NOBODY 65534

/*
 * Waiting, memory of its own, descriptors that are open: no paths, no processes, and no
 * signals, since other disks' backends have the same user.
 */
static const int common_calls[] = {
	SCMP_SYS(read),		  SCMP_SYS(write),
	SCMP_SYS(readv),	  SCMP_SYS(writev),
	SCMP_SYS(close),	  SCMP_SYS(ioctl),
	SCMP_SYS(mmap),		  SCMP_SYS(munmap),
	SCMP_SYS(mremap),	  SCMP_SYS(mprotect),
	SCMP_SYS(madvise),	  SCMP_SYS(brk),
	SCMP_SYS(futex),	  SCMP_SYS(poll),
	SCMP_SYS(ppoll),	  SCMP_SYS(sendto),
	SCMP_SYS(recvfrom),	  SCMP_SYS(sendmsg),
	SCMP_SYS(recvmsg),	  SCMP_SYS(fstat),
	SCMP_SYS(newfstatat),	  SCMP_SYS(lseek),
	SCMP_SYS(clock_gettime),  SCMP_SYS(clock_nanosleep),
	SCMP_SYS(rt_sigreturn),	  SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(restart_syscall),
	SCMP_SYS(sched_yield),	  SCMP_SYS(timerfd_settime),
	SCMP_SYS(epoll_wait),	  SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_ctl),	  SCMP_SYS(getpid),
	SCMP_SYS(gettid),	  SCMP_SYS(getrandom),
	SCMP_SYS(exit),		  SCMP_SYS(exit_group),
};

static int filter_calls(const int *calls, size_t count)
{
	/* A call that is not allowed fails; the refusal of one is no reason to lose a disk. */
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int result = filter ? 0 : -ENOMEM;

	for (size_t i = 0; !result && i < sizeof(common_calls) / sizeof(common_calls[0]); i++)
		result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, common_calls[i], 0);
	for (size_t i = 0; !result && i < count; i++)
		result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
	/* Whatever threads there are. */
	if (!result)
		result = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	if (!result)
		result = seccomp_load(filter);
	if (filter)
		seccomp_release(filter);
	return result;
}

/*
 * Nothing more to open, and no file may grow into a core.  Processes are not limited but
 * filtered: io_uring's workers in the kernel count as some.
 */
static int limit_resources(void)
{
	static const struct rlimit none = {0, 0}, files = {64, 64};

	if (setrlimit(RLIMIT_CORE, &none) != 0 || setrlimit(RLIMIT_NOFILE, &files) != 0)
		return -errno;
	return 0;
}

int device_drop_privileges(struct pv_device *device, const char *user, const int *calls,
			   size_t count)
{
	const struct passwd *entry = getpwnam(user);
	uid_t uid = entry ? entry->pw_uid : NOBODY;
	gid_t gid = entry ? entry->pw_gid : NOBODY;
	int result;

	if (!entry)
		device_log(device, "there is no user %s: it works as nobody, as others may", user);
	result = limit_resources();
	if (result)
		return result;
	/* Leaving user 0 takes all capabilities with it. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || setgroups(0, NULL) != 0 ||
	    setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0)
		return -errno;
	return filter_calls(calls, count);
}

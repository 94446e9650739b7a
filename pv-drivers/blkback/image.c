/* SPDX-License-Identifier: MIT */
/* pv-drivers/blkback/image.c - image.h says what it is for. */
#include "pv-drivers/blkback/image.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "dom0-tools/lib/nbd_address.h"
#include "pv-drivers/blkback/image_room.h"
#include "pv-drivers/blkback/image_words.h"

#define PROGRAM "/usr/bin/qemu-storage-daemon"

/* Less than whoever attaches the disk waits for. */
#define OPEN_MS 25000
#define LOOK_MS 10

/* What the daemon is told, and what it may see. */
struct plan {
	struct image_words words;
	char real[PATH_MAX];
	struct room_wish room;
};

bool image_is_needed(const char *source, const char *format)
{
	struct nbd_address nbd;

	return nbd_address_parse(source, &nbd) || (format && strcmp(format, "raw") != 0);
}

static bool plan_file(struct plan *plan, const struct image_wish *wish)
{
	struct stat status;

	if (!realpath(wish->source, plan->real) || stat(plan->real, &status) != 0)
		return false;
	plan->room.file = plan->real;
	/* Beside a block device are other guests'. */
	plan->room.folder = S_ISREG(status.st_mode);
	return image_words_of_file(&plan->words, plan->real, S_ISBLK(status.st_mode), wish->format,
				   wish->read_only);
}

static bool plan_nbd(struct plan *plan, const struct nbd_address *nbd, bool read_only)
{
	plan->room.network = !nbd->local;
	if (nbd->local) {
		/* With its folder: a server that is started again makes another socket. */
		snprintf(plan->real, sizeof(plan->real), "%s", nbd->socket);
		plan->room.file = plan->real;
		plan->room.folder = true;
	}
	return image_words_of_nbd(&plan->words, nbd, read_only);
}

static bool make_plan(struct plan *plan, const struct image_wish *wish)
{
	struct nbd_address nbd;

	plan->room = (struct room_wish){.read_only = wish->read_only, .export = IMAGE_EXPORT};
	return nbd_address_parse(wish->source, &nbd) ? plan_nbd(plan, &nbd, wish->read_only)
						     : plan_file(plan, wish);
}

/* ---- the daemon ---------------------------------------------------------------------- */

static void run(const struct plan *plan, int lock)
{
	char *words[8] = {(char *)PROGRAM};
	char *const no_environment[] = {NULL};
	int count = 1;

	if (*plan->words.file) {
		words[count++] = (char *)"--blockdev";
		words[count++] = (char *)plan->words.file;
	}
	words[count++] = (char *)"--blockdev";
	words[count++] = (char *)plan->words.node;
	words[count++] = (char *)"--export";
	words[count++] = (char *)plan->words.export;
	if (fcntl(lock, F_SETFD, 0) == 0)
		execve(PROGRAM, words, no_environment);
	dprintf(STDERR_FILENO, "%s\n", strerror(errno));
	_exit(1);
}

static int process_of(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

/* Until one of the two has ended. */
static void await_either(int one, int other)
{
	struct pollfd both[] = {{.fd = one, .events = POLLIN}, {.fd = other, .events = POLLIN}};

	while (poll(both, 2, -1) < 0 && errno == EINTR)
		;
}

/*
 * The daemon's parent, which ends it when the backend has ended.  That one could not, nor
 * could the kernel for it: it has another user by then.  Nothing of the backend's stays
 * open here.
 */
static void watch(const struct plan *plan, int lock, int said, int backend)
{
	const char *step = "";
	pid_t self, pid;

	signal(SIGPIPE, SIG_DFL);
	prctl(PR_SET_NAME, "enso-image");
	if (dup2(said, STDERR_FILENO) < 0)
		_exit(1);
	if (!image_room_enter(&plan->room, &step)) {
		dprintf(STDERR_FILENO, "%s: %s\n", step, strerror(errno));
		_exit(1);
	}
	self = getpid();
	pid = fork();
	if (pid == 0) {
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == self)
			run(plan, lock);
		_exit(1);
	}
	if (pid > 0 && dup2(backend, STDERR_FILENO + 1) >= 0 &&
	    close_range(STDERR_FILENO + 2, ~0u, 0) == 0) {
		await_either(STDERR_FILENO + 1, process_of(pid));
		kill(pid, SIGKILL);
	}
	_exit(1);
}

static int start(struct image *image, const struct plan *plan, int lock)
{
	int ends[2], backend = process_of(getpid());

	if (backend < 0)
		return -errno;
	/* Without waiting: a daemon that says much is not held up by us, who do not read it. */
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
		close(backend);
		return -errno;
	}
	image->said = ends[0];
	image->pid = fork();
	if (image->pid == 0)
		watch(plan, lock, ends[1], backend);
	close(ends[1]);
	close(backend);
	if (image->pid < 0)
		return -errno;
	image->process = process_of(image->pid);
	return image->process < 0 ? -errno : 0;
}

/* Whether what it was to mount is there. */
static bool is_there(struct image *image)
{
	struct statfs status;

	snprintf(image->path, sizeof(image->path), "/proc/%d/root" IMAGE_EXPORT, image->pid);
	return statfs(image->path, &status) == 0 && status.f_type == FUSE_SUPER_MAGIC;
}

/* The last line it wrote, without its own name. */
static void take_words(const struct image *image, char why[IMAGE_WHY])
{
	static const char name[] = "qemu-storage-daemon: ";
	char text[4096], *line = text, *end;
	ssize_t length = read(image->said, text, sizeof(text) - 1);

	text[length > 0 ? length : 0] = 0;
	end = text + strlen(text);
	while (end > text && end[-1] == '\n')
		*--end = 0;
	line = strrchr(text, '\n') ? strrchr(text, '\n') + 1 : text;
	if (strncmp(line, name, sizeof(name) - 1) == 0)
		line += sizeof(name) - 1;
	/* "--blockdev OPTIONS: what is wrong": the options are ours, and long. */
	if (strncmp(line, "--", 2) == 0 && strstr(line, ": "))
		line = strstr(line, ": ") + 2;
	snprintf(why, IMAGE_WHY, "%s", *line ? line : "qemu-storage-daemon ended without a word");
}

static int await(struct image *image, char why[IMAGE_WHY])
{
	const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000};
	struct pollfd ended = {.fd = image->process, .events = POLLIN};

	for (int waited = 0; waited < OPEN_MS; waited += LOOK_MS) {
		if (is_there(image))
			return 0;
		if (poll(&ended, 1, 0) == 1) {
			take_words(image, why);
			return -EIO;
		}
		nanosleep(&pause, NULL);
	}
	snprintf(why, IMAGE_WHY, "not open after %d seconds", OPEN_MS / 1000);
	return -ETIMEDOUT;
}

int image_open(struct image *image, const struct image_wish *wish, char why[IMAGE_WHY])
{
	static struct plan plan;
	int result;

	*why = 0;
	if (access(PROGRAM, X_OK) != 0) {
		snprintf(why, IMAGE_WHY,
			 PROGRAM " is not installed; `apt install qemu-system-common`");
		return -ENOENT;
	}
	errno = 0;
	if (!make_plan(&plan, wish)) {
		result = errno ? -errno : -ENAMETOOLONG;
		snprintf(why, IMAGE_WHY, "%s", strerror(-result));
		return result;
	}
	result = start(image, &plan, wish->lock);
	if (result)
		snprintf(why, IMAGE_WHY, "%s", strerror(-result));
	return result ? result : await(image, why);
}

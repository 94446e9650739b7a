/* SPDX-License-Identifier: MIT */
/* pv-drivers/blkback/image_room.c - image_room.h says what it is for. */
#include "pv-drivers/blkback/image_room.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "xen-like/base/abi.h"

/* Where the new root is put together; nobody else sees what is mounted there. */
#define PLACE "/run/enso"

static bool place_of(char place[PATH_MAX], const char *path)
{
	return snprintf(place, PATH_MAX, PLACE "%s", path) < PATH_MAX;
}

/* All folders in front of the path's last name. */
static bool make_folders(char *place)
{
	for (char *slash = strchr(place + sizeof(PLACE), '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = 0;
		if (mkdir(place, 0755) != 0 && errno != EEXIST)
			return false;
		*slash = '/';
	}
	return true;
}

static bool make_file(const char *place)
{
	int file = open(place, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	return file >= 0 && close(file) == 0;
}

/* The same file or folder at the same path of the new root. */
static bool show(const char *path, bool read_only)
{
	const unsigned long flags = MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV;
	char place[PATH_MAX];
	struct stat status, there;

	if (!place_of(place, path) || stat(path, &status) != 0 || !make_folders(place))
		return false;
	/* It may be there already, as a part of its folder. */
	if (stat(place, &there) != 0) {
		if (S_ISDIR(status.st_mode) ? mkdir(place, 0755) != 0 : !make_file(place))
			return false;
	}
	return mount(path, place, NULL, MS_BIND, NULL) == 0 &&
	       (!read_only || mount(NULL, place, NULL, flags, NULL) == 0);
}

/* A folder of the distribution's, or the link that stands for it. */
static bool show_system(const char *path)
{
	char target[PATH_MAX], place[PATH_MAX];
	ssize_t length = readlink(path, target, sizeof(target) - 1);

	if (length < 0)
		return access(path, F_OK) != 0 || show(path, true);
	target[length] = 0;
	return place_of(place, path) && symlink(target, place) == 0;
}

static bool show_all_system(const struct room_wish *wish)
{
	static const char *const folders[] = {"/usr", "/lib", "/lib64", "/bin"};
	static const char *const names[] = {"/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf"};

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (!show_system(folders[i]))
			return false;
	for (size_t i = 0; wish->network && i < ARRAY_SIZE(names); i++)
		if (access(names[i], F_OK) == 0 && !show(names[i], true))
			return false;
	return show("/dev/fuse", false) && show("/dev/null", false);
}

static bool show_file(const struct room_wish *wish)
{
	char folder[PATH_MAX];
	const char *slash = wish->file ? strrchr(wish->file, '/') : NULL;

	if (!wish->file)
		return true;
	snprintf(folder, sizeof(folder), "%.*s", (int)(slash - wish->file), wish->file);
	if (wish->folder && *folder && !show(folder, true))
		return false;
	return show(wish->file, wish->read_only);
}

static bool make_export(const struct room_wish *wish)
{
	char place[PATH_MAX];

	return place_of(place, wish->export) && make_file(place);
}

/* As programs that leave an initial RAM file system do: that one cannot be pivoted away from. */
static bool move_in(void)
{
	return chdir(PLACE) == 0 && mount(".", "/", NULL, MS_MOVE, NULL) == 0 && chroot(".") == 0 &&
	       chdir("/") == 0;
}

static bool leave_privileges(void)
{
	static const struct rlimit none = {0, 0};

	for (int capability = 0; capability <= CAP_LAST_CAP; capability++) {
		/* To mount by FUSE, and to open what belongs to others. */
		if (capability == CAP_SYS_ADMIN || capability == CAP_DAC_OVERRIDE)
			continue;
		if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0 && errno != EINVAL)
			return false;
	}
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && setrlimit(RLIMIT_CORE, &none) == 0;
}

bool image_room_enter(const struct room_wish *wish, const char **step)
{
	const int apart = CLONE_NEWNS | CLONE_NEWIPC | (wish->network ? 0 : CLONE_NEWNET);

	*step = "namespaces of its own";
	if (unshare(apart) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("none", PLACE, "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=0755,size=1m") != 0)
		return false;
	*step = "the system's libraries and /dev/fuse (`modprobe fuse`)";
	if (!show_all_system(wish))
		return false;
	*step = "the image";
	if (!show_file(wish) || !make_export(wish))
		return false;
	*step = "a root of its own";
	if (!move_in())
		return false;
	*step = "fewer privileges";
	return leave_privileges();
}

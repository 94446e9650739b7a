/* SPDX-License-Identifier: MIT */
/* dom0-tools/builder/kernel.c - kernel.h says what it is for. */
#include "dom0-tools/builder/kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dom0-tools/builder/cache.h"

/* Bigger files are not looked into: no kernel with all its symbols is. */
#define KERNEL_FILE_MAX (2ull << 30)

static int not_a_kernel(const char *object, enum kernel_image_error error, struct failure *failure)
{
	return failure_set(failure, EINVAL, object, "give a bzImage or an ELF64 with Xen's notes",
			   "the kernel %s", kernel_image_error_text(error));
}

static struct cache_identity identity_of(const struct stat *status)
{
	return (struct cache_identity){
		.device = status->st_dev,
		.inode = status->st_ino,
		.bytes = status->st_size,
		.changed_seconds = status->st_mtim.tv_sec,
		.changed_ns = status->st_mtim.tv_nsec,
		.status_seconds = status->st_ctim.tv_sec,
		.status_ns = status->st_ctim.tv_nsec,
	};
}

/* Opens a plain file and tells its size.  FIFOs and devices would block or never end. */
static int open_plain(const char *path, const char *object, struct stat *status,
		      struct failure *failure)
{
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int error = file < 0 ? errno : 0;

	if (!error && fstat(file, status) != 0)
		error = errno;
	if (!error && S_ISREG(status->st_mode) && status->st_size > 0 &&
	    (uint64_t)status->st_size <= KERNEL_FILE_MAX)
		return file;
	if (file >= 0)
		close(file);
	if (error)
		return failure_set(failure, error, object, "check the path in the configuration",
				   "cannot open the kernel: %s", strerror(error));
	if (!S_ISREG(status->st_mode))
		return failure_set(failure, EINVAL, object, "give the path of a file",
				   "the kernel is not a plain file");
	return failure_set(failure, EINVAL, object, "give a kernel of a usual size",
			   status->st_size ? "the kernel's file is bigger than 2 GiB"
					   : "the kernel's file is empty");
}

static int parse(struct guest_kernel *kernel, const char *object, struct failure *failure)
{
	enum kernel_image_error error;
	struct stat status;
	void *elf;

	if (fstat(kernel->descriptor, &status) != 0 || status.st_size <= 0)
		return not_a_kernel(object, KERNEL_IMAGE_TOO_SHORT, failure);
	elf = mmap(NULL, status.st_size, PROT_READ, MAP_PRIVATE, kernel->descriptor, 0);
	if (elf == MAP_FAILED)
		return failure_set(failure, errno, object, NULL, "cannot read the kernel: %s",
				   strerror(errno));
	error = kernel_image_parse(elf, status.st_size, &kernel->image);
	munmap(elf, status.st_size);
	return error ? not_a_kernel(object, error, failure) : 0;
}

/*
 * The ELF of the file `packed`: the file itself, or what the cache makes of it.
 * Takes the descriptor `packed`.
 */
static int find_elf(int packed, const struct stat *status, struct guest_kernel *kernel,
		    const char *object, struct failure *failure)
{
	const struct cache_identity identity = identity_of(status);
	struct kernel_payload payload;
	enum kernel_image_error error;
	void *bytes;

	kernel->descriptor = cache_find(&identity);
	if (kernel->descriptor >= 0) {
		close(packed);
		return 0;
	}
	kernel->descriptor = packed;
	bytes = mmap(NULL, status->st_size, PROT_READ, MAP_PRIVATE, packed, 0);
	if (bytes == MAP_FAILED)
		return failure_set(failure, errno, object, NULL, "cannot read the kernel: %s",
				   strerror(errno));
	error = kernel_image_payload(bytes, status->st_size, &payload);
	if (!error && (payload.compression != KERNEL_COMPRESSION_NONE || payload.offset)) {
		kernel->unpacked_now = true;
		kernel->descriptor =
			cache_add(&identity, bytes, status->st_size, &payload, object, failure);
		close(packed);
	}
	munmap(bytes, status->st_size);
	if (error)
		return not_a_kernel(object, error, failure);
	return kernel->descriptor < 0 ? kernel->descriptor : 0;
}

int guest_kernel_open(const char *path, struct guest_kernel *kernel, struct failure *failure)
{
	char object[128];
	struct stat status;
	int packed, result;

	snprintf(object, sizeof(object), "%s", path);
	*kernel = (struct guest_kernel){.descriptor = -1};
	packed = open_plain(path, object, &status, failure);
	if (packed < 0)
		return packed;
	result = find_elf(packed, &status, kernel, object, failure);
	if (result == 0)
		result = parse(kernel, object, failure);
	if (result)
		guest_kernel_close(kernel);
	return result;
}

void guest_kernel_close(struct guest_kernel *kernel)
{
	if (kernel->descriptor >= 0)
		close(kernel->descriptor);
	kernel->descriptor = -1;
}

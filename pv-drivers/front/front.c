/* SPDX-License-Identifier: MIT */
/* pv-drivers/front/front.c - front.h says what it is for. */
#include "pv-drivers/front/front.h"

#define DIGITS_MOST 20

/* Text behind text; false when there is no room for it. */
static bool add(char *to, size_t room, const char *text)
{
	size_t at = 0;

	while (to[at])
		at++;
	while (*text && at + 1 < room)
		to[at++] = *text++;
	to[at] = '\0';
	return !*text;
}

static void print_number(uint64_t number, char text[DIGITS_MOST + 1])
{
	char digits[DIGITS_MOST];
	int count = 0;

	do {
		digits[count++] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	while (count)
		*text++ = digits[--count];
	*text = '\0';
}

static bool path_of(const struct front_device *device, enum front_end end, const char *name,
		    char path[FRONT_PATH])
{
	path[0] = '\0';
	return add(path, FRONT_PATH, end == FRONT_OURS ? device->front : device->back) &&
	       add(path, FRONT_PATH, "/") && add(path, FRONT_PATH, name);
}

bool front_find(struct front_device *device, const struct front_kernel *kernel, const char *class,
		uint32_t number)
{
	char path[FRONT_PATH], digits[DIGITS_MOST + 1];
	long length;

	*device = (struct front_device){.kernel = kernel};
	print_number(number, digits);
	if (!add(device->front, FRONT_PATH, "device/") || !add(device->front, FRONT_PATH, class) ||
	    !add(device->front, FRONT_PATH, "/") || !add(device->front, FRONT_PATH, digits) ||
	    !path_of(device, FRONT_OURS, "backend", path))
		return false;
	length = kernel->read(path, device->back, FRONT_PATH - 1);
	if (length <= 0 || length >= FRONT_PATH)
		return false;
	device->back[length] = '\0';
	return true;
}

uint64_t front_number(const struct front_device *device, enum front_end end, const char *name,
		      uint64_t otherwise)
{
	char path[FRONT_PATH], digits[DIGITS_MOST];
	uint64_t number = 0;
	long length;

	if (!path_of(device, end, name, path))
		return otherwise;
	length = device->kernel->read(path, digits, sizeof(digits));
	if (length <= 0 || length > (long)sizeof(digits))
		return otherwise;
	for (long i = 0; i < length; i++) {
		if (digits[i] < '0' || digits[i] > '9')
			return otherwise;
		number = number * 10 + (uint64_t)(digits[i] - '0');
	}
	return number;
}

bool front_write_text(const struct front_device *device, const char *name, const char *text)
{
	char path[FRONT_PATH];

	return path_of(device, FRONT_OURS, name, path) && device->kernel->write(path, text) >= 0;
}

bool front_write(const struct front_device *device, const char *name, uint64_t number)
{
	char digits[DIGITS_MOST + 1];

	print_number(number, digits);
	return front_write_text(device, name, digits);
}

bool front_wait(const struct front_device *device, uint32_t states)
{
	for (uint32_t i = 0; i < FRONT_PAUSES; i++) {
		uint64_t state = front_number(device, FRONT_THEIRS, "state", XenbusStateUnknown);

		if (state < 32 && (states & 1u << state))
			return true;
		device->kernel->pause();
	}
	return false;
}

bool front_leave(const struct front_device *device)
{
	return front_write(device, "state", XenbusStateClosing) &&
	       front_wait(device, 1u << XenbusStateClosing | 1u << XenbusStateClosed) &&
	       front_write(device, "state", XenbusStateClosed) &&
	       front_wait(device, 1u << XenbusStateClosed);
}

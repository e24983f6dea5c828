/* Fails the Nth write below a folder, for the writes of libraries that raise no Python events.

   FAULT_ROOT  the folder;  FAULT_AT  which write (from 1) fails;  FAULT_ERROR  errno (28, 5);
   FAULT_ON    "1": all writes after it fail too, as on a full disk.
   The variables are read at each write, because a run is a fork of a process that started without
   them. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static int count;

static int fails(int descriptor) {
    const char *root = getenv("FAULT_ROOT"), *at = getenv("FAULT_AT");
    if (!root || !at) return 0;
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    if (strncmp(path, root, strlen(root))) return 0;
    int now = __atomic_add_fetch(&count, 1, __ATOMIC_SEQ_CST), nth = atoi(at);
    const char *on = getenv("FAULT_ON");
    if (now < nth || (now > nth && !(on && *on == '1'))) return 0;
    const char *error = getenv("FAULT_ERROR");
    errno = error ? atoi(error) : ENOSPC;
    return 1;
}

#define WRAP(type, name, declared, given)                        \
    type name declared {                                         \
        static type(*real) declared;                             \
        if (!real) real = (type(*) declared)dlsym(RTLD_NEXT, #name); \
        return fails(descriptor) ? -1 : real given;              \
    }

WRAP(ssize_t, write, (int descriptor, const void *data, size_t size), (descriptor, data, size))
WRAP(ssize_t, pwrite, (int descriptor, const void *data, size_t size, off_t at),
     (descriptor, data, size, at))
WRAP(ssize_t, pwrite64, (int descriptor, const void *data, size_t size, off64_t at),
     (descriptor, data, size, at))
WRAP(ssize_t, writev, (int descriptor, const struct iovec *parts, int n), (descriptor, parts, n))
WRAP(int, fsync, (int descriptor), (descriptor))
WRAP(int, ftruncate, (int descriptor, off_t size), (descriptor, size))
WRAP(int, ftruncate64, (int descriptor, off64_t size), (descriptor, size))

/* Fails the Nth write below a folder, for the writes of libraries that raise no Python events; and
   moves the clock.

   FAULT_ROOT  the folder;  FAULT_AT  which write (from 1) fails;  FAULT_ERROR  errno (28, 5);
   FAULT_ON    "1": all writes after it fail too, as on a full disk.
   FAULT_CLOCK the real-time clock is that many seconds ahead (behind, if negative);
   FAULT_STEP  and moves on by that many more seconds each time it is read.
   The variables are read at each write, because a run is a fork of a process that started without
   them. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
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

static int reads;

static double moved(void) {
    const char *by = getenv("FAULT_CLOCK"), *step = getenv("FAULT_STEP");
    if (!by) return 0;
    int now = __atomic_add_fetch(&reads, 1, __ATOMIC_SEQ_CST);
    return atof(by) + (step ? now * atof(step) : 0);
}

int clock_gettime(clockid_t clock, struct timespec *at) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int code = real(clock, at);
    if (!code && clock == CLOCK_REALTIME) {
        double by = moved();
        time_t whole = (time_t)by;
        at->tv_sec += whole;
        at->tv_nsec += (long)((by - whole) * 1e9);
        if (at->tv_nsec >= 1000000000L) at->tv_nsec -= 1000000000L, at->tv_sec++;
        if (at->tv_nsec < 0) at->tv_nsec += 1000000000L, at->tv_sec--;
    }
    return code;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    at->tv_sec = now.tv_sec, at->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *at) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}

/* A disk that takes its time: every sync of every process that has this library in LD_PRELOAD takes longer.
 *
 * BENCH_SYNC_US   microseconds that fsync, fdatasync, sync_file_range and msync take longer
 *
 * The time is slept, as it is for a disk: the processor is free meanwhile, and several that wait, wait together.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

static struct timespec longer;
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_sync_file_range)(int, off64_t, off64_t, unsigned int);
static int (*real_msync)(void *, size_t, int);

__attribute__((constructor)) static void begin(void) {
    const char *text = getenv("BENCH_SYNC_US");
    long micros = text ? atol(text) : 0;
    longer = (struct timespec){.tv_sec = micros / 1000000, .tv_nsec = micros % 1000000 * 1000};
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    real_sync_file_range = dlsym(RTLD_NEXT, "sync_file_range");
    real_msync = dlsym(RTLD_NEXT, "msync");
}

static void take_longer(void) {
    struct timespec left = longer;
    while (nanosleep(&left, &left) != 0 && errno == EINTR) {}
}

int fsync(int descriptor) {
    take_longer();
    return real_fsync(descriptor);
}

int fdatasync(int descriptor) {
    take_longer();
    return real_fdatasync(descriptor);
}

int sync_file_range(int descriptor, off64_t offset, off64_t length, unsigned int flags) {
    take_longer();
    return real_sync_file_range(descriptor, offset, length, flags);
}

int msync(void *address, size_t length, int flags) {
    if (flags & MS_SYNC) take_longer();
    return real_msync(address, length, flags);
}

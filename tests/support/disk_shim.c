/* A disk that fails when it is told to, and remembers in which order it was written; for LD_PRELOAD.
 *
 * RELAY_DISK_FOLDER   only files below this folder are concerned
 * RELAY_DISK_CONTROL  a file of six 32-bit numbers (host order), mapped, so that a test can change them at any time:
 *                     writes until one fails (below 0: never), its errno, syncs until one fails, its errno,
 *                     microseconds that every sync takes longer, and how many calls have failed (we count it)
 * RELAY_DISK_LOG      optional: every write, truncation, removal and sync is appended here, in the order of their ends:
 *                     kind (1 octet), length of the path (16 bits), offset (64), length (32), path, octets written
 *
 * A call fails once it is its turn, and each one after it, until the test sets the number below 0 again.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

enum { WRITES_LEFT, WRITE_ERRNO, SYNCS_LEFT, SYNC_ERRNO, SYNC_DELAY_US, FAILED, NUMBERS };

static volatile int32_t *control;
static const char *folder;
static size_t folder_length;
static int log_descriptor = -1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite64)(int, const void *, size_t, off64_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_ftruncate64)(int, off64_t);
static int (*real_unlink)(const char *);

__attribute__((constructor)) static void begin(void) {
    real_write = dlsym(RTLD_NEXT, "write");
    real_pwrite64 = dlsym(RTLD_NEXT, "pwrite64");
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    real_ftruncate64 = dlsym(RTLD_NEXT, "ftruncate64");
    real_unlink = dlsym(RTLD_NEXT, "unlink");
    const char *path = getenv("RELAY_DISK_CONTROL"), *log_path = getenv("RELAY_DISK_LOG");
    folder = getenv("RELAY_DISK_FOLDER");
    if (!folder || !path) return;
    folder_length = strlen(folder);
    int descriptor = open(path, O_RDWR | O_CLOEXEC);
    if (descriptor < 0) abort();
    control = mmap(NULL, NUMBERS * sizeof(int32_t), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (control == MAP_FAILED) abort();
    close(descriptor);
    if (log_path) log_descriptor = open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static int is_ours(const char *path) { return folder_length && strncmp(path, folder, folder_length) == 0; }

static int path_of(int descriptor, char *path) {
    char link[64];
    if (!control) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return is_ours(path);
}

static int fails(int left, int number) {
    if (control[left] < 0) return 0;
    if (control[left] > 0 && __sync_fetch_and_sub(&control[left], 1) > 0) return 0;
    control[left] = 0;
    __sync_fetch_and_add(&control[FAILED], 1);
    errno = control[number];
    return 1;
}

static void note(char kind, const char *path, uint64_t offset, const void *octets, uint32_t length) {
    if (log_descriptor < 0) return;
    uint16_t path_length = (uint16_t)strlen(path);
    uint32_t carried = octets ? length : 0;
    size_t size = 15 + path_length + carried;
    char *record = malloc(size);
    if (!record) abort();
    record[0] = kind;
    memcpy(record + 1, &path_length, 2);
    memcpy(record + 3, &offset, 8);
    memcpy(record + 11, &length, 4);
    memcpy(record + 15, path, path_length);
    if (carried) memcpy(record + 15 + path_length, octets, carried);
    pthread_mutex_lock(&lock);
    if (real_write(log_descriptor, record, size) != (ssize_t)size) abort();
    pthread_mutex_unlock(&lock);
    free(record);
}

ssize_t pwrite64(int descriptor, const void *octets, size_t length, off64_t offset) {
    char path[PATH_MAX];
    if (!path_of(descriptor, path)) return real_pwrite64(descriptor, octets, length, offset);
    if (fails(WRITES_LEFT, WRITE_ERRNO)) return -1;
    ssize_t written = real_pwrite64(descriptor, octets, length, offset);
    if (written > 0) note('W', path, (uint64_t)offset, octets, (uint32_t)written);
    return written;
}

ssize_t pwrite(int descriptor, const void *octets, size_t length, off_t offset) {
    return pwrite64(descriptor, octets, length, offset);
}

ssize_t write(int descriptor, const void *octets, size_t length) {
    char path[PATH_MAX];
    if (!path_of(descriptor, path)) return real_write(descriptor, octets, length);
    if (fails(WRITES_LEFT, WRITE_ERRNO)) return -1;
    off64_t offset = lseek64(descriptor, 0, SEEK_CUR);
    ssize_t written = real_write(descriptor, octets, length);
    if (written > 0 && offset >= 0) note('W', path, (uint64_t)offset, octets, (uint32_t)written);
    return written;
}

static int sync_of(int descriptor, int (*real)(int)) {
    char path[PATH_MAX];
    if (!path_of(descriptor, path)) return real(descriptor);
    if (control[SYNC_DELAY_US] > 0) usleep((useconds_t)control[SYNC_DELAY_US]);
    if (fails(SYNCS_LEFT, SYNC_ERRNO)) return -1;
    int result = real(descriptor);
    if (result == 0) note('S', path, 0, NULL, 0);
    return result;
}

int fsync(int descriptor) { return sync_of(descriptor, real_fsync); }
int fdatasync(int descriptor) { return sync_of(descriptor, real_fdatasync); }

int ftruncate64(int descriptor, off64_t length) {
    char path[PATH_MAX];
    int result = real_ftruncate64(descriptor, length);
    if (result == 0 && path_of(descriptor, path)) note('T', path, (uint64_t)length, NULL, 0);
    return result;
}

int ftruncate(int descriptor, off_t length) { return ftruncate64(descriptor, length); }

int unlink(const char *path) {
    int result = real_unlink(path);
    if (result == 0 && control && is_ours(path)) note('U', path, 0, NULL, 0);
    return result;
}

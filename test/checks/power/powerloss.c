/*
 * The recorder of the power-loss model: a preload library that notes every change a process makes to the files of one
 * watched folder, and which of them were synced. The process runs on real files as always; `disk.mjs` replays the
 * notes and builds what a disk could hold after the power went out, where only synced bytes are certain.
 *
 * POWERLOSS_WATCH    the folder (absolute, no links in it). Files directly in it are watched, subfolders are not.
 * POWERLOSS_JOURNAL  an existing folder outside of it: one journal per process, plain appends. The journal needs no
 *                    sync: the "power cut" is a SIGKILL, which the page cache survives.
 * POWERLOSS_CUT      optional: the process kills itself after this many notes. From outside a kill mostly lands where
 *                    the time goes; this way it is as likely between any two writes.
 *
 * What makes the notes sound:
 * - A change is noted before it is made. Killed in between, the notes hold one change too many; it was not synced, so
 *   this is a cut a moment later.
 * - A sync is noted after it succeeded, with the time it began: it vouches for nothing written while it ran.
 * - Notes carry the monotonic clock, one order for all processes: SQLite's locks keep two of them from changing the
 *   same bytes at once.
 *
 * Not interposed: mmap. SQLite writes through a map only to the -shm file, which it never syncs and rebuilds from the
 * WAL; `disk.mjs` leaves -shm out of the image. Any other way around this library (a map, io_uring, a
 * duplicated descriptor) shows, because `disk.mjs` compares the replayed files with the real ones.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define MAX_FD 4096
#define EXPORT __attribute__((visibility("default")))

/* The head of a note; a path or the written bytes follow. Little-endian, read by disk.mjs. */
struct __attribute__((packed)) note {
	uint32_t magic;
	uint8_t kind; /* O open, W write, T truncate, S sync, R rename (from \0 to), L link (from \0 to), U unlink, X an operation failed */
	uint8_t created; /* O: the file was not there before */
	uint16_t spare;
	uint64_t time;
	uint64_t inode;
	uint64_t offset; /* W: position, T: new length */
	uint32_t length; /* bytes that follow */
};

struct descriptor {
	uint64_t inode; /* 0: not watched */
	int synchronous; /* opened with O_SYNC or O_DSYNC: each write is a sync as well */
};

static struct descriptor table[MAX_FD];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char watched[PATH_MAX];
static size_t watched_length;
static int journal = -1;
static pid_t journal_owner;
static long cut;

/* libc's own syscall(), which this library covers with one of its own. All real work goes through it. */
static long (*find_kernel(void))(long, ...) {
	static long (*found)(long, ...);
	if (found == NULL) found = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	return found;
}

#define kernel(...) find_kernel()(__VA_ARGS__)

static void fail(const char *what) {
	dprintf(2, "powerloss: %s: %s\n", what, strerror(errno));
	abort();
}

static uint64_t now(void) {
	struct timespec at;
	clock_gettime(CLOCK_MONOTONIC, &at);
	return (uint64_t)at.tv_sec * 1000000000u + (uint64_t)at.tv_nsec;
}

static int watching(void) {
	if (watched_length == 0) {
		const char *folder = getenv("POWERLOSS_WATCH");
		if (folder == NULL || folder[0] != '/' || strlen(folder) >= sizeof watched) {
			errno = EINVAL;
			fail("POWERLOSS_WATCH must be an absolute path");
		}
		strcpy(watched, folder);
		watched_length = strlen(watched);
	}
	return 1;
}

/* Opens this process's journal, also in a child that forked: its notes must not mix with its parent's. */
static void open_journal(void) {
	if (journal >= 0 && journal_owner == getpid()) return;
	const char *folder = getenv("POWERLOSS_JOURNAL");
	char path[PATH_MAX];
	const char *limit = getenv("POWERLOSS_CUT");
	if (folder == NULL) {
		errno = EINVAL;
		fail("POWERLOSS_JOURNAL is missing");
	}
	if (limit != NULL) cut = atol(limit);
	snprintf(path, sizeof path, "%s/%d-%llu.journal", folder, (int)getpid(), (unsigned long long)now());
	int fd = (int)kernel(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0) fail(path);
	journal = fcntl(fd, F_DUPFD_CLOEXEC, 900);
	if (journal < 0) fail(path);
	kernel(SYS_close, fd);
	journal_owner = getpid();
}

/* Appends one note in one write, so that only a process's last note can be torn. Takes what follows in pieces. */
static void append(struct note *head, const struct iovec *parts, int count) {
	struct iovec pieces[IOV_MAX];
	if (count >= IOV_MAX) {
		errno = E2BIG;
		fail("writev");
	}
	open_journal();
	head->magic = 0x544c5750; /* "PWLT" */
	head->length = 0;
	pieces[0].iov_base = head;
	pieces[0].iov_len = sizeof *head;
	for (int at = 0; at < count; at++) {
		pieces[at + 1] = parts[at];
		head->length += (uint32_t)parts[at].iov_len;
	}
	ssize_t expected = (ssize_t)(sizeof *head + head->length);
	if (kernel(SYS_writev, journal, pieces, (long)count + 1) != expected) fail("journal");
	if (cut != 0 && --cut == 0) kill(getpid(), SIGKILL);
}

/* Tells disk.mjs that what it replays is not what happened. */
static void note_failure(const char *what) {
	int error = errno;
	struct note head = {.kind = 'X', .time = now()};
	struct iovec text = {(void *)what, strlen(what)};
	append(&head, &text, 1);
	errno = error;
}

static struct descriptor *watched_descriptor(int fd) {
	return fd >= 0 && fd < MAX_FD && table[fd].inode != 0 ? &table[fd] : NULL;
}

/* Whether a path names something directly in the watched folder; links in the path's folder are resolved. */
static int in_watched(const char *path, char *full) {
	char folder[PATH_MAX], resolved[PATH_MAX];
	if (path == NULL || !watching() || strlen(path) >= sizeof folder) return 0;
	const char *slash = strrchr(path, '/');
	const char *name = slash == NULL ? path : slash + 1;
	if (slash == NULL) strcpy(folder, ".");
	else snprintf(folder, sizeof folder, "%.*s", slash == path ? 1 : (int)(slash - path), path);
	if (realpath(folder, resolved) == NULL || strcmp(resolved, watched) != 0) return 0;
	return snprintf(full, PATH_MAX, "%s/%s", resolved, name) < PATH_MAX;
}

/* ---- opening and closing ---- */

/* Notes an opened file of the folder, or the folder itself; what the descriptor really names is asked of the kernel. */
static void opened(int fd, int flags, int created, uint64_t time) {
	char link[64], path[PATH_MAX];
	struct stat facts;
	if (fd >= MAX_FD || !watching()) return;
	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t length = readlink(link, path, sizeof path - 1);
	if (length < (ssize_t)watched_length || strncmp(path, watched, watched_length) != 0) return;
	path[length] = 0;
	const char *rest = path + watched_length;
	if (*rest != 0 && (*rest != '/' || strchr(rest + 1, '/') != NULL)) return;
	if (fstat(fd, &facts) != 0) fail(path);
	struct note head = {.kind = 'O', .created = (uint8_t)created, .time = time, .inode = facts.st_ino};
	struct iovec name = {path, (size_t)length};
	pthread_mutex_lock(&lock);
	append(&head, &name, 1);
	if ((flags & O_TRUNC) != 0 && !created) {
		struct note cut = {.kind = 'T', .time = now(), .inode = facts.st_ino};
		append(&cut, NULL, 0);
	}
	pthread_mutex_unlock(&lock);
	table[fd].synchronous = (flags & (O_SYNC | O_DSYNC)) != 0;
	table[fd].inode = facts.st_ino;
}

static int open_at(int folder, const char *path, int flags, mode_t mode) {
	struct stat facts;
	/* Taken before the call: another process may see the new file, and write to it, before the note is there. */
	uint64_t time = now();
	int created = (flags & O_CREAT) != 0 && fstatat(folder, path, &facts, 0) != 0;
	int fd = (int)kernel(SYS_openat, folder, path, flags, mode);
	int error = errno;
	if (fd >= 0) opened(fd, flags, created, time);
	errno = error;
	return fd;
}

#define OPEN(name, before, folder) \
	EXPORT int name(before const char *path, int flags, ...) { \
		mode_t mode = 0; \
		if ((flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE) { \
			va_list rest; \
			va_start(rest, flags); \
			mode = va_arg(rest, mode_t); \
			va_end(rest); \
		} \
		return open_at(folder, path, flags, mode); \
	}
#define NOTHING
#define FOLDER int folder,
OPEN(open, NOTHING, AT_FDCWD)
OPEN(open64, NOTHING, AT_FDCWD)
OPEN(openat, FOLDER, folder)
OPEN(openat64, FOLDER, folder)

EXPORT int creat(const char *path, mode_t mode) { return open_at(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
EXPORT int creat64(const char *path, mode_t mode) { return creat(path, mode); }

EXPORT int close(int fd) {
	struct descriptor *known = watched_descriptor(fd);
	if (known != NULL) known->inode = 0;
	return (int)kernel(SYS_close, fd);
}

/* ---- writing ---- */

/* One write in pieces; `offset` -1 means the descriptor's own position, as write(2) does. */
static ssize_t write_at(struct descriptor *known, int fd, const struct iovec *parts, int count, off_t offset) {
	struct note head = {.kind = 'W', .inode = known->inode};
	size_t total = 0;
	for (int at = 0; at < count; at++) total += parts[at].iov_len;
	pthread_mutex_lock(&lock);
	int mode = fcntl(fd, F_GETFL);
	struct stat facts;
	if ((mode & O_APPEND) != 0 && fstat(fd, &facts) == 0) head.offset = (uint64_t)facts.st_size;
	else head.offset = (uint64_t)(offset >= 0 ? offset : lseek(fd, 0, SEEK_CUR));
	head.time = now();
	append(&head, parts, count);
	ssize_t done = offset >= 0 ? kernel(SYS_pwritev, fd, parts, (long)count, offset, 0L)
	                             : kernel(SYS_writev, fd, parts, (long)count);
	if (done != (ssize_t)total) note_failure("write");
	else if (known->synchronous) {
		struct note sync = {.kind = 'S', .time = now(), .inode = known->inode};
		append(&sync, NULL, 0);
	}
	pthread_mutex_unlock(&lock);
	return done;
}

EXPORT ssize_t write(int fd, const void *data, size_t size) {
	struct descriptor *known = watched_descriptor(fd);
	struct iovec part = {(void *)data, size};
	return known == NULL ? kernel(SYS_write, fd, data, size) : write_at(known, fd, &part, 1, -1);
}

EXPORT ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset) {
	struct descriptor *known = watched_descriptor(fd);
	struct iovec part = {(void *)data, size};
	return known == NULL ? kernel(SYS_pwrite64, fd, data, size, offset) : write_at(known, fd, &part, 1, offset);
}
EXPORT ssize_t pwrite(int fd, const void *data, size_t size, off_t offset) { return pwrite64(fd, data, size, offset); }

EXPORT ssize_t writev(int fd, const struct iovec *parts, int count) {
	struct descriptor *known = watched_descriptor(fd);
	return known == NULL ? kernel(SYS_writev, fd, parts, (long)count) : write_at(known, fd, parts, count, -1);
}

EXPORT ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset) {
	struct descriptor *known = watched_descriptor(fd);
	if (known != NULL) return write_at(known, fd, parts, count, offset);
	return kernel(SYS_pwritev, fd, parts, (long)count, offset, 0L);
}
EXPORT ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
	return pwritev64(fd, parts, count, offset);
}

EXPORT int ftruncate64(int fd, off64_t length) {
	struct descriptor *known = watched_descriptor(fd);
	if (known == NULL) return (int)kernel(SYS_ftruncate, fd, length);
	struct note head = {.kind = 'T', .inode = known->inode, .offset = (uint64_t)length};
	pthread_mutex_lock(&lock);
	head.time = now();
	append(&head, NULL, 0);
	int result = (int)kernel(SYS_ftruncate, fd, length);
	if (result != 0) note_failure("ftruncate");
	pthread_mutex_unlock(&lock);
	return result;
}
EXPORT int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

/* ---- copying inside the kernel: refused for watched files, so that Node falls back to reading and writing ---- */

EXPORT long syscall(long number, ...) {
	long given[6];
	va_list rest;
	va_start(rest, number);
	for (int at = 0; at < 6; at++) given[at] = va_arg(rest, long);
	va_end(rest);
	if (number == SYS_copy_file_range && watched_descriptor((int)given[2]) != NULL) {
		errno = ENOSYS;
		return -1;
	}
	return kernel(number, given[0], given[1], given[2], given[3], given[4], given[5]);
}

EXPORT ssize_t sendfile64(int out, int in, off64_t *offset, size_t count) {
	if (watched_descriptor(out) == NULL) return kernel(SYS_sendfile, out, in, offset, count);
	errno = EINVAL;
	return -1;
}
EXPORT ssize_t sendfile(int out, int in, off_t *offset, size_t count) { return sendfile64(out, in, offset, count); }

/* ---- syncing: the real one is done as well, so that a kill can land while it runs ---- */

static int synced(int fd, long call) {
	struct descriptor *known = watched_descriptor(fd);
	if (known == NULL) return (int)kernel(call, fd);
	struct note head = {.kind = 'S', .time = now(), .inode = known->inode};
	int result = (int)kernel(call, fd);
	int error = errno;
	pthread_mutex_lock(&lock);
	if (result == 0) append(&head, NULL, 0);
	pthread_mutex_unlock(&lock);
	errno = error;
	return result;
}

EXPORT int fsync(int fd) { return synced(fd, SYS_fsync); }
EXPORT int fdatasync(int fd) { return synced(fd, SYS_fdatasync); }

/* ---- directory entries ---- */

EXPORT int rename(const char *from, const char *to) {
	char old[PATH_MAX], new[PATH_MAX];
	int leaves = in_watched(from, old), arrives = in_watched(to, new);
	if (!leaves && !arrives) return (int)kernel(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
	pthread_mutex_lock(&lock);
	/* A file that comes from elsewhere has bytes this library never saw. */
	if (!leaves || !arrives) note_failure("rename across the watched folder's border is not modelled");
	struct note head = {.kind = 'R', .time = now()};
	struct iovec names[2] = {{old, leaves ? strlen(old) + 1 : 0}, {new, arrives ? strlen(new) : 0}};
	append(&head, names, 2);
	int result = (int)kernel(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
	if (result != 0) note_failure("rename");
	pthread_mutex_unlock(&lock);
	return result;
}

/* A second name. That it is taken already is an answer, not a change: nothing is noted then. */
EXPORT int link(const char *from, const char *to) {
	char old[PATH_MAX], new[PATH_MAX];
	int known = in_watched(from, old), arrives = in_watched(to, new);
	if ((!known && !arrives) || access(to, F_OK) == 0) return (int)kernel(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
	pthread_mutex_lock(&lock);
	if (!known || !arrives) note_failure("a link across the watched folder's border is not modelled");
	struct note head = {.kind = 'L', .time = now()};
	struct iovec names[2] = {{old, known ? strlen(old) + 1 : 0}, {new, arrives ? strlen(new) : 0}};
	append(&head, names, 2);
	int result = (int)kernel(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
	if (result != 0) note_failure("link");
	pthread_mutex_unlock(&lock);
	return result;
}

static int removed(int folder, const char *path, int flags) {
	char full[PATH_MAX];
	int ours = (folder == AT_FDCWD || path[0] == '/') && flags == 0 && in_watched(path, full);
	if (!ours) return (int)kernel(SYS_unlinkat, folder, path, flags);
	struct note head = {.kind = 'U', .time = now()};
	struct iovec name = {full, strlen(full)};
	pthread_mutex_lock(&lock);
	append(&head, &name, 1);
	int result = (int)kernel(SYS_unlinkat, folder, path, flags);
	/* SQLite removes files that may not be there; the replay takes no harm from that. */
	if (result != 0 && errno != ENOENT && errno != EISDIR) note_failure("unlink");
	pthread_mutex_unlock(&lock);
	return result;
}

EXPORT int unlink(const char *path) { return removed(AT_FDCWD, path, 0); }
EXPORT int unlinkat(int folder, const char *path, int flags) { return removed(folder, path, flags); }

EXPORT int remove(const char *path) {
	int result = removed(AT_FDCWD, path, 0);
	return result != 0 && errno == EISDIR ? removed(AT_FDCWD, path, AT_REMOVEDIR) : result;
}

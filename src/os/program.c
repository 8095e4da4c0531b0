#define _GNU_SOURCE /* pipe2, posix_spawn_file_actions_addclosefrom_np */
#include "os/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/clock.h"

static err start(pid_t *pid, int *out, const char *const *argv)
{
    static char locale[] = "LC_ALL=C", path[] = "PATH=/usr/bin:/bin";
    char *environment[] = {locale, path, NULL};
    int ends[2];
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, defaults;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return ERR_IO;
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    /* The server blocks signals in all its threads; a child that is to be ended must not inherit that. */
    bool ready = posix_spawn_file_actions_init(&actions) == 0;
    bool attributed = posix_spawnattr_init(&attributes) == 0;
    int e = ready && attributed ? 0 : ENOMEM;
    if (e == 0 && (posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0) != 0 ||
                   posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO) != 0 ||
                   posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0) != 0 ||
                   posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1) != 0 ||
                   posix_spawnattr_setsigmask(&attributes, &none) != 0 ||
                   posix_spawnattr_setsigdefault(&attributes, &defaults) != 0 ||
                   posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF) != 0))
        e = ENOMEM;
    if (e == 0)
        e = posix_spawn(pid, argv[0], &actions, &attributes, (char *const *)(uintptr_t)argv, environment);
    if (attributed)
        posix_spawnattr_destroy(&attributes);
    if (ready)
        posix_spawn_file_actions_destroy(&actions);
    (void)close(ends[1]);
    if (e != 0) {
        (void)close(ends[0]);
        return e == ENOENT || e == EACCES ? ERR_NOT_FOUND : ERR_IO;
    }
    *out = ends[0];
    return ERR_OK;
}

static err drain(int fd, char *out, size_t cap, size_t *n, uint64_t end_ns)
{
    *n = 0;
    for (;;) {
        struct pollfd polled = {.fd = fd, .events = POLLIN};
        uint64_t now_ns = clock_monotonic_ns();
        if (now_ns >= end_ns)
            return ERR_TIMEOUT;
        int ready = poll(&polled, 1, (int)((end_ns - now_ns) / 1000000) + 1);
        if (ready < 0 && errno != EINTR)
            return ERR_IO;
        if (ready <= 0)
            continue;
        ssize_t got = read(fd, out + *n, cap - *n);
        if (got < 0 && errno != EINTR)
            return ERR_IO;
        *n += got > 0 ? (size_t)got : 0;
        if (*n == cap)
            return ERR_LIMIT;
        if (got == 0) {
            out[*n] = '\0';
            return ERR_OK;
        }
    }
}

/* Its output's end is not its own end: the time that is left holds for that, too. */
static err reap(pid_t pid, uint64_t end_ns, bool *ended)
{
    enum { PAUSE_US = 2000 };
    int status = 0;
    pid_t which;
    while ((which = waitpid(pid, &status, WNOHANG)) == 0 && clock_monotonic_ns() < end_ns)
        (void)usleep(PAUSE_US);
    *ended = which != 0;
    if (which == 0)
        return ERR_TIMEOUT;
    return which == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? ERR_OK : ERR_REMOTE;
}

err program_run(const char *const *argv, char *out, size_t cap, size_t *n, uint32_t timeout_ms)
{
    pid_t pid;
    int fd;
    bool ended = false;
    uint64_t end_ns = clock_monotonic_ns() + timeout_ms * UINT64_C(1000000);
    *n = 0;
    TRY(start(&pid, &fd, argv));
    err e = drain(fd, out, cap, n, end_ns);
    (void)close(fd);
    if (e == ERR_OK)
        e = reap(pid, end_ns, &ended);
    if (!ended) {
        (void)kill(pid, SIGKILL);
        (void)waitpid(pid, NULL, 0);
    }
    return e;
}

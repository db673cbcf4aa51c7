// The path between fork and exec of an operation's child. It is C because only async-signal-safe
// calls are allowed there; everything it needs was made before the fork. What it does, in order:
// own process group, default signals, ordinary scheduling and limits, /dev/null or a file of
// prepared text as stdin, one pipe as stdout and stderr (or none for stderr), nothing else inherited, then it waits at the gate until the parent has
// recorded it. Failure to exec is written to the report pipe as an errno.

#define _GNU_SOURCE 1

#include "CLinux.h"

#include <sys/prctl.h>
#include <sys/syscall.h>

enum { report_number = 3, gate_number = 4, first_free_number = 5 };

static void report_and_end(int fd, int number) {
    // Nobody can be told if this write fails; the exit status still says "not run" (127, as sh).
    ssize_t written = write(fd, &number, sizeof number);
    (void)written;
    _exit(127);
}

static void reset_signals(void) {
    // The kernel's structure (handler, flags, restorer, mask), all zero: SIG_DFL. Not sigaction(3),
    // which refuses the two signals glibc keeps for itself although an ancestor may ignore them.
    static const unsigned long standard[5];
    for (int number = 1; number <= 64; number += 1) {
        syscall(SYS_rt_sigaction, number, standard, NULL, 8);  // KILL and STOP refuse: as they must
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void become_ordinary(void) {
    struct sched_param parameter = {.sched_priority = 0};
    sched_setscheduler(0, SCHED_OTHER, &parameter);
    setpriority(PRIO_PROCESS, 0, 0);
    struct rlimit limit;
    // Soft limits go up to what is allowed anyway; the daemon's own ceilings do not bind a service.
    if (getrlimit(RLIMIT_RTTIME, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max = RLIM_INFINITY;
        setrlimit(RLIMIT_RTTIME, &limit);
    }
    prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
    // The protection of the daemon is not the child's; a positive score was somebody's wish.
    int fd = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
    char sign = 0;
    if (fd >= 0 && read(fd, &sign, 1) == 1 && sign == '-') {
        ssize_t written = pwrite(fd, "0", 1, 0);  // raising needs no privilege
        (void)written;
    }
}

__attribute__((noreturn)) static void run_child(const struct baton_spawn_request *request) {
    setpgid(0, 0);  // the parent does the same: whoever is first
    reset_signals();
    become_ordinary();
    // A parent that is gone already has closed the gate.
    if (request->ends_with_parent) prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);

    // Above the final numbers first, so that no dup3 below overwrites one still needed.
    int report = fcntl(request->report_fd, F_DUPFD_CLOEXEC, first_free_number);
    int gate = fcntl(request->gate_fd, F_DUPFD_CLOEXEC, first_free_number);
    int output = fcntl(request->output_fd, F_DUPFD_CLOEXEC, first_free_number);
    int input = request->input_fd < 0 ? open("/dev/null", O_RDONLY | O_CLOEXEC)
                                      : fcntl(request->input_fd, F_DUPFD_CLOEXEC, first_free_number);
    if (report < 0) _exit(127);
    if (gate < 0 || output < 0 || input < 0) report_and_end(report, errno);
    int errors = request->discards_errors ? open("/dev/null", O_WRONLY | O_CLOEXEC) : output;
    if (errors < 0 || dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(errors, 2) < 0) {
        report_and_end(report, errno);
    }
    if (input == 0) fcntl(0, F_SETFD, 0);
    if (dup3(report, report_number, O_CLOEXEC) < 0) report_and_end(report, errno);
    if (dup3(gate, gate_number, O_CLOEXEC) < 0) report_and_end(report_number, errno);
    closefrom(first_free_number);
    char opened = 0;
    ssize_t count;
    do {
        count = read(gate_number, &opened, 1);
    } while (count < 0 && errno == EINTR);
    if (count != 1) _exit(127);  // the parent is gone, or thought better of it

    if (chdir(request->directory) < 0) report_and_end(report_number, errno);
    execve(request->path, request->arguments, request->environment);
    report_and_end(report_number, errno);
    _exit(127);
}

pid_t baton_spawn(const struct baton_spawn_request *request) {
    // All signals are held back over the fork, so that no handler of ours runs in the child before
    // the dispositions are reset.
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    pid_t pid = fork();
    if (pid == 0) run_child(request);
    int number = errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (pid > 0) setpgid(pid, pid);  // EACCES after the child's exec: then it has done it itself
    errno = number;
    return pid;
}

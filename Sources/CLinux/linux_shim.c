// The real functions behind CLinux.h: one call, macro or variadic each. The child's side of a
// spawn is in spawn_child.c.

#define _GNU_SOURCE 1

#include "CLinux.h"

#include <linux/errqueue.h>
#include <linux/filter.h>
#include <linux/icmp.h>
#include <grp.h>
#include <netdb.h>
#include <netinet/icmp6.h>
#include <netinet/ip6.h>
#include <stddef.h>
#include <stdatomic.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/sysmacros.h>

int baton_errno(void) { return errno; }

const char *baton_errno_name(int number) {
    const char *name = strerrorname_np(number);
    return name != NULL ? name : "E?";
}

const char *baton_errno_text(int number) {
    const char *text = strerrordesc_np(number);
    return text != NULL ? text : "unknown error";
}

int baton_open(const char *path, int flags, mode_t mode) { return open(path, flags, mode); }

int baton_set_close_on_exec(int fd, bool on) { return fcntl(fd, F_SETFD, on ? FD_CLOEXEC : 0); }

int baton_duplicate(int fd) { return fcntl(fd, F_DUPFD_CLOEXEC, 3); }

int baton_set_nonblocking(int fd, bool on) {
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0) return -1;
    return fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
}

pid_t baton_fork(void) { return fork(); }

int baton_become_user(uint32_t user) {
    if (prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) < 0) return -1;
    if (setgroups(0, NULL) < 0 || setresgid(user, user, user) < 0) return -1;
    return setresuid(user, user, user);
}

int baton_set_parent_death_signal(int number) { return prctl(PR_SET_PDEATHSIG, number, 0, 0, 0); }

int baton_set_child_subreaper(bool on) { return prctl(PR_SET_CHILD_SUBREAPER, on, 0, 0, 0); }

int baton_set_process_name(const char *name) { return prctl(PR_SET_NAME, name, 0, 0, 0); }

int baton_pidfd_open(pid_t pid) { return pidfd_open(pid, 0); }

int baton_pidfd_send_signal(int pidfd, int number) {
    return pidfd_send_signal(pidfd, number, NULL, 0);
}

int baton_set_scheduler(int policy, int priority, bool reset_on_fork) {
    struct sched_param parameter = {.sched_priority = priority};
    return sched_setscheduler(0, policy | (reset_on_fork ? SCHED_RESET_ON_FORK : 0), &parameter);
}

int baton_pipe(int *ends) { return pipe2(ends, O_CLOEXEC); }

int baton_memory_file(const char *name) { return memfd_create(name, MFD_CLOEXEC); }

int baton_lock_memory_on_fault(void) {
    return mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
}

int baton_unshare_network(void) { return unshare(CLONE_NEWNET); }

int baton_enter_network(int fd) { return setns(fd, CLONE_NEWNET); }

const char *baton_signal_name(int number) { return sigabbrev_np(number); }

int baton_reboot_now(void) { return reboot(RB_AUTOBOOT); }

char *const *baton_environment(void) { return environ; }

const char *baton_entry_name(const struct dirent *entry) { return entry->d_name; }

uint32_t baton_device_major(uint64_t device) { return major(device); }

uint32_t baton_device_minor(uint64_t device) { return minor(device); }

void *baton_map_failed(void) { return MAP_FAILED; }

int baton_epoll_control(int fd, int operation, int target, uint32_t events, uint64_t token) {
    struct epoll_event event = {.events = events, .data = {.u64 = token}};
    return epoll_ctl(fd, operation, target, &event);
}

int baton_epoll_wait(int fd, uint64_t *tokens, uint32_t *events, int maximum, int milliseconds) {
    struct epoll_event ready[64];
    if (maximum > 64) maximum = 64;
    int count = epoll_wait(fd, ready, maximum, milliseconds);
    for (int index = 0; index < count; index += 1) {
        tokens[index] = ready[index].data.u64;
        events[index] = ready[index].events;
    }
    return count;
}

int baton_timer_arm(int fd, int64_t nanoseconds) {
    struct itimerspec setting = {0};
    if (nanoseconds > 0) {
        setting.it_value.tv_sec = nanoseconds / 1000000000;
        setting.it_value.tv_nsec = nanoseconds % 1000000000;
    }
    return timerfd_settime(fd, TFD_TIMER_ABSTIME, &setting, NULL);
}

int baton_signal_ignore(int number) { return signal(number, SIG_IGN) == SIG_ERR ? -1 : 0; }

int baton_signal_default(int number) {
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, number);
    if (signal(number, SIG_DFL) == SIG_ERR) return -1;
    return sigprocmask(SIG_UNBLOCK, &one, NULL);
}

int baton_signal_descriptor(uint64_t mask) {
    sigset_t signals;
    sigemptyset(&signals);
    for (int number = 1; number <= 64; number += 1) {
        if ((mask >> (number - 1) & 1) != 0) sigaddset(&signals, number);
    }
    if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0) return -1;
    return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

int baton_signal_read(int fd, int32_t *sender) {
    struct signalfd_siginfo arrival;
    ssize_t count = read(fd, &arrival, sizeof arrival);
    if (count < 0) return -1;
    *sender = (int32_t)arrival.ssi_pid;
    return (int)arrival.ssi_signo;
}

int baton_limit_realtime_cpu(uint64_t soft, uint64_t hard) {
    struct rlimit limit = {.rlim_cur = soft, .rlim_max = hard};
    return setrlimit(RLIMIT_RTTIME, &limit);
}

int baton_unlimit_realtime_cpu(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_RTTIME, &limit) < 0) return -1;
    limit.rlim_cur = limit.rlim_max;  // always allowed; the ceiling needs CAP_SYS_RESOURCE
    if (setrlimit(RLIMIT_RTTIME, &limit) < 0) return -1;
    limit.rlim_cur = limit.rlim_max = RLIM_INFINITY;
    return setrlimit(RLIMIT_RTTIME, &limit);
}

__attribute__((noinline)) int baton_prefault_stack(size_t bytes) {
    volatile char page[4096];
    page[0] = (char)bytes;
    // Recursion rather than alloca: each frame touches its own page, and the volatile use after
    // the call keeps it from becoming a loop.
    int below = bytes > sizeof page ? baton_prefault_stack(bytes - sizeof page) : 0;
    return below + (page[0] != (char)bytes);
}

int baton_wait_no_hang(pid_t pid, bool consume, struct baton_ending *ending) {
    siginfo_t information = {0};
    memset(ending, 0, sizeof *ending);
    int options = WEXITED | WNOHANG | (consume ? 0 : WNOWAIT);
    if (waitid(P_PID, (id_t)pid, &information, options) < 0) return -1;
    if (information.si_pid == 0) return 0;
    ending->ended = true;
    ending->signalled = information.si_code != CLD_EXITED;
    ending->dumped_core = information.si_code == CLD_DUMPED;
    ending->code = information.si_status;
    return 0;
}

void baton_wait_for(pid_t pid) {
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) continue;
}

static struct baton_ip ip_of_v4(struct in_addr address) {
    return (struct baton_ip){.low = ntohl(address.s_addr), .family = AF_INET};
}

static struct baton_ip ip_of_v6(const struct in6_addr *address) {
    struct baton_ip result = {.family = AF_INET6};
    for (int index = 0; index < 8; index++) {
        result.high = result.high << 8 | address->s6_addr[index];
        result.low = result.low << 8 | address->s6_addr[index + 8];
    }
    return result;
}

static struct baton_ip ip_of_name(const struct sockaddr_storage *name) {
    if (name->ss_family == AF_INET) return ip_of_v4(((const struct sockaddr_in *)name)->sin_addr);
    if (name->ss_family == AF_INET6) return ip_of_v6(&((const struct sockaddr_in6 *)name)->sin6_addr);
    return (struct baton_ip){0};
}

static struct in6_addr v6_of_ip(struct baton_ip address) {
    struct in6_addr result;
    for (int index = 7; index >= 0; index--) {
        result.s6_addr[index] = (uint8_t)address.high;
        result.s6_addr[index + 8] = (uint8_t)address.low;
        address.high >>= 8;
        address.low >>= 8;
    }
    return result;
}

ssize_t baton_receive_datagram(int fd, void *bytes, size_t count, struct baton_datagram *info) {
    struct sockaddr_storage source = {0};
    struct iovec part = {.iov_base = bytes, .iov_len = count};
    union {
        struct cmsghdr aligned;
        char room[CMSG_SPACE(sizeof(struct in6_pktinfo)) + 64];
    } control;
    struct msghdr message = {
        .msg_name = &source,
        .msg_namelen = sizeof source,
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof control,
    };
    memset(info, 0, sizeof *info);
    ssize_t length = recvmsg(fd, &message, MSG_DONTWAIT);
    if (length < 0) return -1;
    info->source = ip_of_name(&source);
    // The port is at the same place in both families.
    info->source_port = ntohs(((struct sockaddr_in *)&source)->sin_port);
    info->truncated = (message.msg_flags & MSG_TRUNC) != 0;
    for (struct cmsghdr *entry = CMSG_FIRSTHDR(&message); entry != NULL;
         entry = CMSG_NXTHDR(&message, entry)) {
        if (entry->cmsg_level == IPPROTO_IP && entry->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo packet;
            memcpy(&packet, CMSG_DATA(entry), sizeof packet);
            info->interface_index = packet.ipi_ifindex;
            info->destination = ip_of_v4(packet.ipi_addr);
        } else if (entry->cmsg_level == IPPROTO_IPV6 && entry->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo packet;
            memcpy(&packet, CMSG_DATA(entry), sizeof packet);
            info->interface_index = (int)packet.ipi6_ifindex;
            info->destination = ip_of_v6(&packet.ipi6_addr);
        }
    }
    return length;
}

int baton_receive_datagram_error(int fd, struct baton_datagram_error *info) {
    struct sockaddr_storage destination = {0};
    char bytes[64];  // the start of our own datagram; only its address is of interest
    struct iovec part = {.iov_base = bytes, .iov_len = sizeof bytes};
    union {
        struct cmsghdr aligned;
        char room[256];
    } control;
    struct msghdr message = {
        .msg_name = &destination,
        .msg_namelen = sizeof destination,
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof control,
    };
    memset(info, 0, sizeof *info);
    if (recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) {
        return errno == EAGAIN ? 0 : -1;
    }
    info->destination = ip_of_name(&destination);
    for (struct cmsghdr *entry = CMSG_FIRSTHDR(&message); entry != NULL;
         entry = CMSG_NXTHDR(&message, entry)) {
        bool v4 = entry->cmsg_level == IPPROTO_IP && entry->cmsg_type == IP_RECVERR;
        bool v6 = entry->cmsg_level == IPPROTO_IPV6 && entry->cmsg_type == IPV6_RECVERR;
        if (!v4 && !v6) continue;
        struct sock_extended_err fault;
        if (entry->cmsg_len < CMSG_LEN(sizeof fault)) continue;
        memcpy(&fault, CMSG_DATA(entry), sizeof fault);
        info->number = (int)fault.ee_errno;
        info->from_network =
            fault.ee_origin == SO_EE_ORIGIN_ICMP || fault.ee_origin == SO_EE_ORIGIN_ICMP6;
        // Whoever sent the ICMP message stands behind it (SO_EE_OFFENDER), family 0 when nobody did.
        struct sockaddr_storage offender = {0};
        size_t rest = entry->cmsg_len - CMSG_LEN(sizeof fault);
        if (rest < (v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in))) continue;
        memcpy(&offender, CMSG_DATA(entry) + sizeof fault,
               rest < sizeof offender ? rest : sizeof offender);
        info->offender = ip_of_name(&offender);
    }
    return 1;
}

ssize_t baton_send_datagram(int fd, const void *bytes, size_t count, struct baton_ip address,
                            uint16_t port, uint32_t scope) {
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    v4.sin_addr.s_addr = htonl((uint32_t)address.low);
    struct sockaddr_in6 v6 = {
        .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_scope_id = scope};
    v6.sin6_addr = v6_of_ip(address);
    bool is_v6 = address.family == AF_INET6;
    const struct sockaddr *name = is_v6 ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4;
    return sendto(fd, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL, name,
                  is_v6 ? sizeof v6 : sizeof v4);
}

int baton_join_group(int fd, struct baton_ip group, int interface_index) {
    if (group.family == AF_INET6) {
        struct ipv6_mreq request = {
            .ipv6mr_multiaddr = v6_of_ip(group), .ipv6mr_interface = (unsigned)interface_index};
        return setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &request, sizeof request);
    }
    struct ip_mreqn request = {.imr_ifindex = interface_index};
    request.imr_multiaddr.s_addr = htonl((uint32_t)group.low);
    return setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &request, sizeof request);
}

static int unix_address(struct sockaddr_un *address, const char *path, size_t count,
                        socklen_t *length) {
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    // A file name needs its NUL inside; an abstract name is counted.
    if (count == 0 || count + (path[0] != 0) > sizeof address->sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address->sun_path, path, count);
    *length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + count + (path[0] != 0));
    return 0;
}

int baton_unix_bind(int fd, const char *path, size_t count) {
    struct sockaddr_un address;
    socklen_t length;
    if (unix_address(&address, path, count, &length) < 0) return -1;
    return bind(fd, (struct sockaddr *)&address, length);
}

int baton_unix_connect(int fd, const char *path, size_t count) {
    struct sockaddr_un address;
    socklen_t length;
    if (unix_address(&address, path, count, &length) < 0) return -1;
    return connect(fd, (struct sockaddr *)&address, length);
}

int baton_unix_credentials(int fd, int32_t *process, uint32_t *user, uint32_t *group) {
    struct ucred found;
    socklen_t length = sizeof found;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &found, &length) < 0) return -1;
    *process = found.pid;
    *user = found.uid;
    *group = found.gid;
    return 0;
}

int baton_accept(int fd) { return accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK); }

static socklen_t address_of(struct sockaddr_storage *name, const uint8_t *address, size_t count,
                            uint16_t port) {
    memset(name, 0, sizeof *name);
    if (count == 4) {
        struct sockaddr_in *v4 = (struct sockaddr_in *)name;
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        memcpy(&v4->sin_addr, address, 4);
        return sizeof *v4;
    }
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)name;
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    memcpy(&v6->sin6_addr, address, 16);
    return sizeof *v6;
}

int baton_address_bind(int fd, const uint8_t *address, size_t count, uint16_t port) {
    struct sockaddr_storage name;
    socklen_t length = address_of(&name, address, count, port);
    // The port is chosen at connect, when the kernel knows the other end: so one local port serves
    // many connections, and a thousand of them do not use up all there are. Only IPPROTO_IP has it.
    int one = 1;
    if (port == 0) setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    return bind(fd, (struct sockaddr *)&name, length);
}

int baton_address_connect(int fd, const uint8_t *address, size_t count, uint16_t port) {
    struct sockaddr_storage name;
    socklen_t length = address_of(&name, address, count, port);
    return connect(fd, (struct sockaddr *)&name, length);
}

// Splits an address of the internet families; its length, or -1 for another family.
static int split_address(const struct sockaddr_storage *name, uint8_t *address, uint16_t *port) {
    if (name->ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)name;
        memcpy(address, &v4->sin_addr, 4);
        *port = ntohs(v4->sin_port);
        return 4;
    }
    if (name->ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)name;
        memcpy(address, &v6->sin6_addr, 16);
        *port = ntohs(v6->sin6_port);
        return 16;
    }
    errno = EAFNOSUPPORT;
    return -1;
}

int baton_address_of_peer(int fd, uint8_t *address, uint16_t *port) {
    struct sockaddr_storage name = {0};
    socklen_t length = sizeof name;
    if (getpeername(fd, (struct sockaddr *)&name, &length) < 0) return -1;
    return split_address(&name, address, port);
}

int baton_bound_port(int fd) {
    struct sockaddr_storage name = {0};
    socklen_t length = sizeof name;
    uint8_t address[16];
    uint16_t port = 0;
    if (getsockname(fd, (struct sockaddr *)&name, &length) < 0) return -1;
    return split_address(&name, address, &port) < 0 ? -1 : port;
}

bool baton_connected_to_itself(int fd) {
    // Both lengths and all bytes: unset ones were zeroed.
    struct sockaddr_storage here = {0}, there = {0};
    socklen_t here_length = sizeof here, there_length = sizeof there;
    if (getsockname(fd, (struct sockaddr *)&here, &here_length) < 0) return false;
    if (getpeername(fd, (struct sockaddr *)&there, &there_length) < 0) return false;
    return here_length == there_length && memcmp(&here, &there, here_length) == 0;
}

int baton_linger_not(int fd) {
    struct linger none = {.l_onoff = 1, .l_linger = 0};
    return setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
}

static int argument_count;
static char **argument_texts;

// glibc gives constructors what main gets; Swift has no other way to the texts that ps reads.
__attribute__((constructor)) static void keep_arguments(int count, char **texts) {
    argument_count = count;
    argument_texts = texts;
}

void baton_hide_argument(int index, size_t offset) {
    if (index < 0 || index >= argument_count || offset > strlen(argument_texts[index])) return;
    memset(argument_texts[index] + offset, 'x', strlen(argument_texts[index] + offset));
}

int baton_alarm(int64_t nanoseconds) {
    struct itimerval once = {0};
    once.it_value.tv_sec = nanoseconds / 1000000000;
    once.it_value.tv_usec = nanoseconds % 1000000000 / 1000;
    return setitimer(ITIMER_REAL, &once, NULL);
}

int baton_look_up(const char *name, uint8_t *addresses, int maximum) {
    // One entry for each address; names that have only addresses of the other family count too.
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    int result = getaddrinfo(name, NULL, &hints, &list);
    if (result != 0) return result < 0 ? result : -result;
    int count = 0;
    for (struct addrinfo *entry = list; entry != NULL && count < maximum; entry = entry->ai_next) {
        uint8_t *place = addresses + 17 * count;
        if (entry->ai_family == AF_INET) {
            place[0] = 4;
            memcpy(place + 1, &((struct sockaddr_in *)entry->ai_addr)->sin_addr, 4);
        } else if (entry->ai_family == AF_INET6) {
            place[0] = 16;
            memcpy(place + 1, &((struct sockaddr_in6 *)entry->ai_addr)->sin6_addr, 16);
        } else {
            continue;
        }
        count += 1;
    }
    freeaddrinfo(list);
    return count;
}

const char *baton_look_up_text(int number) { return gai_strerror(number); }

bool baton_look_up_is_certain(int number) { return number == EAI_NONAME || number == EAI_NODATA; }

int baton_echo_open(int family, bool *is_raw) {
    int protocol = family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
    int flags = SOCK_CLOEXEC | SOCK_NONBLOCK;
    *is_raw = true;
    int fd = socket(family, SOCK_RAW | flags, protocol);
    if (fd < 0 && (errno == EPERM || errno == EACCES)) {
        *is_raw = false;
        return socket(family, SOCK_DGRAM | flags, protocol);
    }
    if (fd < 0) return fd;
    int result;
    if (family == AF_INET) {
        struct icmp_filter filter = {.data = ~(1U << ICMP_ECHOREPLY)};
        result = setsockopt(fd, SOL_RAW, ICMP_FILTER, &filter, sizeof filter);
    } else {
        struct icmp6_filter filter;
        ICMP6_FILTER_SETBLOCKALL(&filter);
        ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &filter);
        result = setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof filter);
    }
    if (result < 0) {
        int number = errno;
        close(fd);
        errno = number;
        return -1;
    }
    return fd;
}

ssize_t baton_address_send(int fd, const void *bytes, size_t count, const uint8_t *address,
                           size_t length) {
    struct sockaddr_storage name;
    socklen_t size = address_of(&name, address, length, 0);
    return sendto(fd, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&name, size);
}

ssize_t baton_echo_receive(int fd, void *bytes, size_t count, uint8_t *address, size_t *length) {
    struct sockaddr_storage name = {0};
    socklen_t size = sizeof name;
    ssize_t got = recvfrom(fd, bytes, count, MSG_DONTWAIT, (struct sockaddr *)&name, &size);
    if (got < 0) return got;
    if (name.ss_family == AF_INET6) {
        *length = 16;
        memcpy(address, &((struct sockaddr_in6 *)&name)->sin6_addr, 16);
        return got;
    }
    *length = 4;
    memcpy(address, &((struct sockaddr_in *)&name)->sin_addr, 4);
    return got;
}

int baton_netlink_bind(int fd, uint32_t groups) {
    struct sockaddr_nl name = {.nl_family = AF_NETLINK, .nl_groups = groups};
    return bind(fd, (struct sockaddr *)&name, sizeof name);
}

int baton_packet_bind(int fd, uint16_t protocol, int interface_index) {
    struct sockaddr_ll name = {
        .sll_family = AF_PACKET,
        .sll_protocol = htons(protocol),
        .sll_ifindex = interface_index,
    };
    return bind(fd, (struct sockaddr *)&name, sizeof name);
}

int baton_packet_join(int fd, int interface_index, const uint8_t *address) {
    struct packet_mreq request = {
        .mr_ifindex = interface_index,
        .mr_type = PACKET_MR_MULTICAST,
        .mr_alen = 6,
    };
    memcpy(request.mr_address, address, 6);
    return setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof request);
}

int baton_attach_neighbour_filter(int fd) {
    // Offsets from the start of the Ethernet frame: IPv6 next header at 14 + 6, ICMPv6 type at
    // 14 + 40. Extension headers do not occur before ND (RFC 4861 senders do not add them).
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x86dd, 0, 6),
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 20),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMPV6, 0, 4),
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 54),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ND_NEIGHBOR_SOLICIT, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ND_NEIGHBOR_ADVERT, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0xffff),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    struct sock_fprog filter = {.len = sizeof program / sizeof program[0], .filter = program};
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter);
}

uint64_t baton_word_load(const void *words, size_t index) {
    return atomic_load((const _Atomic uint64_t *)words + index);
}

void baton_word_store(void *words, size_t index, uint64_t value) {
    atomic_store((_Atomic uint64_t *)words + index, value);
}

uint64_t baton_word_add(void *words, size_t index, uint64_t value) {
    return atomic_fetch_add((_Atomic uint64_t *)words + index, value) + value;
}

bool baton_word_exchange(void *words, size_t index, uint64_t expected, uint64_t desired) {
    return atomic_compare_exchange_strong((_Atomic uint64_t *)words + index, &expected, desired);
}

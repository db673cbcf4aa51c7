// See CLab.h for what lives here and what does not.

#define _GNU_SOURCE 1

#include "CLab.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

int64_t lab_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int lab_errno(void) { return errno; }
const char *lab_errno_text(void) { return strerror(errno); }

static volatile sig_atomic_t stop_requested;
static void on_stop(int number) {
    (void)number;
    stop_requested = 1;
}

void lab_catch_stop_signals(void) {
    struct sigaction action = {.sa_handler = on_stop};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

bool lab_stop_requested(void) { return stop_requested != 0; }

int lab_become_realtime(int priority) {
    struct sched_param parameter = {.sched_priority = priority};
    if (sched_setscheduler(0, SCHED_FIFO, &parameter) < 0) return -1;
    return mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
}

void lab_die_with_parent(void) { prctl(PR_SET_PDEATHSIG, SIGKILL); }
int lab_kill(int pid, int signal) { return kill(pid, signal); }
int lab_exec(char *const *arguments) { return execvp(arguments[0], arguments); }

int lab_append(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) return -1;
    size_t count = strlen(text);
    ssize_t written = write(fd, text, count);
    close(fd);
    return written == (ssize_t)count ? 0 : -1;
}

void lab_close(int fd) { close(fd); }
void lab_complain(const char *text) { fputs(text, stderr); }
_Noreturn void lab_exit(int code) { exit(code); }

int lab_wait(const int *fds, const uint8_t *wants_write, uint8_t *ready, int count, int64_t deadline) {
    struct pollfd polled[512];
    if (count > 512) count = 512;
    for (int i = 0; i < count; i++) {
        polled[i] = (struct pollfd){.fd = fds[i], .events = wants_write[i] ? POLLOUT : POLLIN};
        ready[i] = 0;
    }
    int64_t left = deadline - lab_now();
    if (left < 0) left = 0;
    struct timespec timeout = {.tv_sec = left / 1000000000, .tv_nsec = left % 1000000000};
    int result = ppoll(polled, (nfds_t)count, &timeout, NULL);
    if (result < 0) return errno == EINTR ? 0 : -1;
    for (int i = 0; i < count; i++) ready[i] = polled[i].revents != 0;
    return result;
}

int lab_enter_namespace(const char *path) {
    int previous = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (previous < 0) return -1;
    int wanted = open(path, O_RDONLY | O_CLOEXEC);
    if (wanted < 0 || setns(wanted, CLONE_NEWNET) < 0) {
        int error = errno;
        if (wanted >= 0) close(wanted);
        close(previous);
        errno = error;
        return -1;
    }
    close(wanted);
    return previous;
}

int lab_return_to_namespace(int previous) {
    int result = setns(previous, CLONE_NEWNET);
    close(previous);
    return result;
}

static struct sockaddr_in inet_address(uint32_t address, uint16_t port) {
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(address)};
}

static int bound_socket(int type, uint16_t port) {
    int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -1;
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    struct sockaddr_in local = inet_address(INADDR_ANY, port);
    if (bind(fd, (struct sockaddr *)&local, sizeof local) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

int lab_udp_socket(uint16_t local_port) { return bound_socket(SOCK_DGRAM, local_port); }

ssize_t lab_receive_from(int fd, uint8_t *bytes, size_t size, uint32_t *address, uint16_t *port) {
    struct sockaddr_in from;
    socklen_t length = sizeof from;
    ssize_t count = recvfrom(fd, bytes, size, 0, (struct sockaddr *)&from, &length);
    if (count >= 0) {
        *address = ntohl(from.sin_addr.s_addr);
        *port = ntohs(from.sin_port);
    }
    return count;
}

ssize_t lab_send_to(int fd, const uint8_t *bytes, size_t count, uint32_t address, uint16_t port) {
    struct sockaddr_in remote = inet_address(address, port);
    return sendto(fd, bytes, count, MSG_NOSIGNAL, (struct sockaddr *)&remote, sizeof remote);
}

ssize_t lab_send(int fd, const uint8_t *bytes, size_t count) {
    return send(fd, bytes, count, MSG_NOSIGNAL);
}

ssize_t lab_send_some(int fd, const uint8_t *bytes, size_t count) {
    ssize_t sent = send(fd, bytes, count, MSG_NOSIGNAL);
    return sent < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : sent;
}

ssize_t lab_receive(int fd, uint8_t *bytes, size_t size) { return recv(fd, bytes, size, 0); }

int lab_tcp_listen(uint16_t port) {
    int fd = bound_socket(SOCK_STREAM, port);
    if (fd >= 0 && listen(fd, 512) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

int lab_tcp_accept(int listener) {
    return accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

int lab_tcp_connect(uint32_t address, uint16_t port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -1;
    struct linger abort_on_close = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort_on_close, sizeof abort_on_close);
    struct sockaddr_in remote = inet_address(address, port);
    if (connect(fd, (struct sockaddr *)&remote, sizeof remote) < 0 && errno != EINPROGRESS) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

int lab_packet_socket(const char *device, uint16_t ethertype, bool promiscuous) {
    // Protocol 0 first: nothing of another device may slip in before the bind.
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -1;
    struct sockaddr_ll local = {
        .sll_family = AF_PACKET,
        .sll_protocol = htons(ethertype),
        .sll_ifindex = (int)if_nametoindex(device)};
    if (local.sll_ifindex == 0 || bind(fd, (struct sockaddr *)&local, sizeof local) < 0) {
        close(fd);
        return -1;
    }
    if (promiscuous) {
        struct packet_mreq request = {
            .mr_ifindex = local.sll_ifindex, .mr_type = PACKET_MR_PROMISC};
        setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof request);
    }
    int room = 4 << 20;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    return fd;
}

int lab_keep_offload_notes(int fd) {
    int on = 1;
    return setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on);
}

ssize_t lab_receive_frame(int fd, uint8_t *bytes, size_t size, bool *outgoing) {
    struct sockaddr_ll from;
    socklen_t length = sizeof from;
    ssize_t count = recvfrom(fd, bytes, size, 0, (struct sockaddr *)&from, &length);
    if (count >= 0) *outgoing = from.sll_pkttype == PACKET_OUTGOING;
    return count;
}

int lab_device_mac(const char *device, uint8_t mac[6]) {
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    struct ifreq request = {0};
    strncpy(request.ifr_name, device, IFNAMSIZ - 1);
    int result = ioctl(fd, SIOCGIFHWADDR, &request);
    close(fd);
    if (result == 0) memcpy(mac, request.ifr_hwaddr.sa_data, 6);
    return result;
}

int lab_device_down(const char *device) {
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    struct ifreq request = {0};
    strncpy(request.ifr_name, device, IFNAMSIZ - 1);
    int result = ioctl(fd, SIOCGIFFLAGS, &request);
    request.ifr_flags &= ~IFF_UP;
    if (result == 0) result = ioctl(fd, SIOCSIFFLAGS, &request);
    close(fd);
    return result;
}

int lab_unix_connect(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -1;
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

int lab_address_watch(void) {
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    if (fd < 0) return -1;
    struct sockaddr_nl local = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_IPV4_IFADDR};
    struct {
        struct nlmsghdr header;
        struct ifaddrmsg body;
    } request = {
        .header = {
            .nlmsg_len = sizeof request,
            .nlmsg_type = RTM_GETADDR,
            .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
        .body = {.ifa_family = AF_INET}};
    if (bind(fd, (struct sockaddr *)&local, sizeof local) < 0 ||
        send(fd, &request, sizeof request, 0) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

// One datagram of a dump holds several messages: what is not yet told waits here. The tool has one
// thread and reads a socket until it is empty, so one buffer serves all sockets.
static char waiting[16384];
static struct nlmsghdr *next_message;
static ssize_t waiting_bytes;

int lab_address_event(int fd, uint32_t *address, bool *added) {
    for (;;) {
        if (next_message == NULL || !NLMSG_OK(next_message, waiting_bytes)) {
            waiting_bytes = recv(fd, waiting, sizeof waiting, 0);
            if (waiting_bytes <= 0) {
                next_message = NULL;
                return 0;
            }
            next_message = (struct nlmsghdr *)(void *)waiting;
            continue;
        }
        struct nlmsghdr *message = next_message;
        next_message = NLMSG_NEXT(message, waiting_bytes);
        if (message->nlmsg_type != RTM_NEWADDR && message->nlmsg_type != RTM_DELADDR) continue;
        struct ifaddrmsg *body = NLMSG_DATA(message);
        int left = (int)IFA_PAYLOAD(message);
        for (struct rtattr *part = IFA_RTA(body); RTA_OK(part, left); part = RTA_NEXT(part, left)) {
            if (part->rta_type != IFA_LOCAL) continue;
            uint32_t bits;
            memcpy(&bits, RTA_DATA(part), sizeof bits);
            *address = ntohl(bits);
            *added = message->nlmsg_type == RTM_NEWADDR;
            return 1;
        }
    }
}

int lab_bridge_ports(const char *const *devices, int count, uint8_t state) {
    struct message {
        struct nlmsghdr header;
        struct ifinfomsg body;
        struct rtattr protection;
        struct rtattr state;
        uint8_t value[4];
    } messages[8];
    if (count > 8) count = 8;
    memset(messages, 0, sizeof messages);
    for (int i = 0; i < count; i++) {
        unsigned index = if_nametoindex(devices[i]);
        if (index == 0) return -1;
        messages[i] = (struct message){
            .header = {
                .nlmsg_len = sizeof(struct message),
                .nlmsg_type = RTM_SETLINK,
                .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
                .nlmsg_seq = (uint32_t)i + 1},
            .body = {.ifi_family = AF_BRIDGE, .ifi_index = (int)index},
            .protection = {
                .rta_len = sizeof(struct message) - sizeof(struct nlmsghdr) -
                           sizeof(struct ifinfomsg),
                .rta_type = IFLA_PROTINFO | NLA_F_NESTED},
            .state = {.rta_len = sizeof(struct rtattr) + 1, .rta_type = IFLA_BRPORT_STATE},
            .value = {state}};
    }
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0) return -1;
    int result = 0;
    if (send(fd, messages, sizeof(struct message) * (size_t)count, 0) < 0) result = -1;
    for (int told = 0; result == 0 && told < count;) {
        char answer[4096];
        ssize_t bytes = recv(fd, answer, sizeof answer, 0);
        if (bytes < 0) {
            result = -1;
            break;
        }
        for (struct nlmsghdr *header = (struct nlmsghdr *)(void *)answer; NLMSG_OK(header, bytes);
             header = NLMSG_NEXT(header, bytes)) {
            if (header->nlmsg_type != NLMSG_ERROR) continue;
            struct nlmsgerr *error = NLMSG_DATA(header);
            if (error->error != 0) {
                errno = -error->error;
                result = -1;
            }
            told++;
        }
    }
    close(fd);
    return result;
}

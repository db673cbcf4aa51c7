// What Swift cannot see of Linux through `import Glibc`: headers outside its module map, names
// hidden by _GNU_SOURCE, function-like macros and variadic functions. Declarations first; the few
// real functions are in linux_shim.c and spawn_child.c. No policy lives here: each function is one
// call or one macro, except the path between fork and exec, which must be C (async-signal-safe).

#ifndef BATON_CLINUX_H
#define BATON_CLINUX_H

// _GNU_SOURCE is defined by the .c files only, never here: with it, glibc's structures differ from
// those of Swift's Glibc module, and no program could import both.

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/types.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// -- errno and its words -------------------------------------------------------------------------

int baton_errno(void);
// The name ("ENOENT") and the words of an errno; never NULL.
const char *baton_errno_name(int number);
const char *baton_errno_text(int number);

// -- variadic or hidden calls --------------------------------------------------------------------

int baton_open(const char *path, int flags, mode_t mode);
int baton_set_close_on_exec(int fd, bool on);
int baton_duplicate(int fd);
int baton_set_nonblocking(int fd, bool on);
pid_t baton_fork(void);
int baton_set_parent_death_signal(int number);
// Gives up root for the user and group of this number, all groups and whatever exec could give back.
int baton_become_user(uint32_t user);
int baton_set_child_subreaper(bool on);
int baton_set_process_name(const char *name);
// Columns of the terminal behind a descriptor; 0 when there is none.
int baton_terminal_columns(int fd);
int baton_pidfd_open(pid_t pid);
int baton_pidfd_send_signal(int pidfd, int number);
int baton_set_scheduler(int policy, int priority, bool reset_on_fork);
int baton_reboot_now(void);
int baton_pipe(int *ends);  // close-on-exec
int baton_memory_file(const char *name);  // close-on-exec
int baton_lock_memory_on_fault(void);
int baton_unshare_network(void);
int baton_enter_network(int fd);
// The name of a signal without "SIG", or NULL.
const char *baton_signal_name(int number);
char *const *baton_environment(void);
const char *baton_entry_name(const struct dirent *entry);
// open(2)'s O_PATH, which glibc shows only where _GNU_SOURCE is defined.
static const int baton_open_path_only = 010000000;
// The parts of a device's number; the macros of sysmacros.h are none for Swift.
uint32_t baton_device_major(uint64_t device);
uint32_t baton_device_minor(uint64_t device);
void *baton_map_failed(void);

// Room for N tokens and event sets, side by side: epoll_event is a packed union that Swift cannot
// take apart safely.
int baton_epoll_control(int fd, int operation, int target, uint32_t events, uint64_t token);
int baton_epoll_wait(int fd, uint64_t *tokens, uint32_t *events, int maximum, int milliseconds);
// Arms the timer at this absolute time of its clock; 0 or less disarms.
int baton_timer_arm(int fd, int64_t nanoseconds);

int baton_signal_ignore(int number);
int baton_signal_default(int number);  // and unblocks it
// Blocks the signals of the mask (bit number - 1) and opens a signalfd for them.
int baton_signal_descriptor(uint64_t mask);
// The next signal's number, or -1 with errno; who sent it goes to sender.
int baton_signal_read(int fd, int32_t *sender);

// The CPU-time limit for real-time threads (RLIMIT_RTTIME), in microseconds.
int baton_limit_realtime_cpu(uint64_t soft, uint64_t hard);
int baton_unlimit_realtime_cpu(void);
int baton_prefault_stack(size_t bytes);

// Overwrites an argument of this program with `x` from a byte on; nothing where there is none.
void baton_hide_argument(int index, size_t offset);
// SIGALRM after this time, once; ends the process where nobody handles it.
int baton_alarm(int64_t nanoseconds);

// -- names -------------------------------------------------------------------------------------------

// Looks a name up (getaddrinfo(3), waits): each address as 17 bytes, its length (4 or 16) first; the
// number of addresses, at most maximum, or the negative EAI_ number.
int baton_look_up(const char *name, uint8_t *addresses, int maximum);
const char *baton_look_up_text(int number);
bool baton_look_up_is_certain(int number);  // the name has no address, rather than nobody to ask

// -- ICMP echo ---------------------------------------------------------------------------------------

// A raw socket for echo requests to a family, or where that is not allowed a ping socket; is_raw says
// which.
int baton_echo_open(int family, bool *is_raw);
ssize_t baton_address_send(int fd, const void *bytes, size_t count, const uint8_t *address,
                           size_t length);
// A packet as the socket gives it, raw IPv4 with its IP header, and who sent it: address has room for 16,
// length gets 4 or 16.
ssize_t baton_echo_receive(int fd, void *bytes, size_t count, uint8_t *address, size_t *length);

// -- processes -----------------------------------------------------------------------------------

// How a process ended: code is the exit status or the signal number.
struct baton_ending {
    bool ended;
    bool signalled;
    bool dumped_core;
    int code;
};

// waitid(2) without waiting; consume false leaves the zombie in place (WNOWAIT).
int baton_wait_no_hang(pid_t pid, bool consume, struct baton_ending *ending);

// Waits for a child that is sure to end at once, and reaps it.
void baton_wait_for(pid_t pid);

// What the child needs between fork and exec, all of it made before the fork.
struct baton_spawn_request {
    const char *path;
    char *const *arguments;
    char *const *environment;
    const char *directory;
    int output_fd;
    int gate_fd;
    int report_fd;
    int input_fd;            // stdin; -1 for /dev/null
    bool ends_with_parent;   // killed when the forking thread ends
    bool discards_errors;    // stderr is /dev/null, not the pipe of stdout
};

// Forks the child of an operation; returns its pid, or -1 with errno. See spawn_child.c.
pid_t baton_spawn(const struct baton_spawn_request *request);

// -- datagrams with control messages -------------------------------------------------------------

// An address of either family: the numbers in host order, their most significant byte first on the wire.
struct baton_ip {
    uint64_t high;  // bytes 0-7 of an IPv6 address; 0 for IPv4
    uint64_t low;   // bytes 8-15, or the 32 bits of an IPv4 address
    int family;     // AF_INET, AF_INET6, or 0 when the kernel did not tell
};

struct baton_datagram {
    struct baton_ip source;
    struct baton_ip destination;  // family 0 when the kernel did not tell
    uint16_t source_port;         // host order
    int interface_index;          // 0 when the kernel did not tell
    bool truncated;
};

// recvmsg(2) on a socket of either family with IP_PKTINFO or IPV6_RECVPKTINFO.
ssize_t baton_receive_datagram(int fd, void *bytes, size_t count, struct baton_datagram *info);

struct baton_datagram_error {
    int number;                   // errno of what came back
    bool from_network;            // an ICMP message, not our own kernel
    struct baton_ip destination;  // whom our datagram was for
    struct baton_ip offender;     // who sent the ICMP message
};

// One entry of the error queue (IP_RECVERR, IPV6_RECVERR): 1 read, 0 empty, -1 with errno.
int baton_receive_datagram_error(int fd, struct baton_datagram_error *info);

// sendto(2) without waiting. The scope is the device's index; 0 where an address needs none.
ssize_t baton_send_datagram(int fd, const void *bytes, size_t count, struct baton_ip address,
                            uint16_t port, uint32_t scope);

// Receives datagrams for this multicast group that come in by the device.
int baton_join_group(int fd, struct baton_ip group, int interface_index);

// -- addresses of sockets --------------------------------------------------------------------------

// A path that starts with a NUL byte is an abstract name (unix(7)).
int baton_unix_bind(int fd, const char *path, size_t count);
int baton_unix_connect(int fd, const char *path, size_t count);
// SO_PEERCRED of a connected socket.
int baton_unix_credentials(int fd, int32_t *process, uint32_t *user, uint32_t *group);
int baton_accept(int fd);  // close-on-exec and non-blocking
// An address of 4 or 16 bytes in network order; port in host order, 0 for any.
int baton_address_bind(int fd, const uint8_t *address, size_t count, uint16_t port);
int baton_address_connect(int fd, const uint8_t *address, size_t count, uint16_t port);
// Whether both ends of a TCP connection are this one socket (simultaneous open with itself).
bool baton_connected_to_itself(int fd);
// The other end of a connected socket: address has room for 16; its length, 4 or 16, or -1 with errno.
int baton_address_of_peer(int fd, uint8_t *address, uint16_t *port);
// The port a socket is bound to, or -1 with errno.
int baton_bound_port(int fd);
int baton_linger_not(int fd);  // close resets the connection
int baton_netlink_bind(int fd, uint32_t groups);
int baton_packet_bind(int fd, uint16_t protocol, int interface_index);
// Receives frames for this Ethernet multicast address too (PACKET_MR_MULTICAST).
int baton_packet_join(int fd, int interface_index, const uint8_t *address);

// -- filters of packet sockets ---------------------------------------------------------------------

// Lets only neighbour solicitations and advertisements (ICMPv6 135, 136) through.
int baton_attach_neighbour_filter(int fd);

// -- words shared between processes ----------------------------------------------------------------

uint64_t baton_word_load(const void *words, size_t index);
void baton_word_store(void *words, size_t index, uint64_t value);
uint64_t baton_word_add(void *words, size_t index, uint64_t value);
bool baton_word_exchange(void *words, size_t index, uint64_t expected, uint64_t desired);

#endif

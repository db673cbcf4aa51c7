// The few system calls the laboratory's tool needs and Swift cannot see or cannot call safely. On
// purpose it shares nothing with Sources/CLinux: what measures must not break together with what
// is measured. Each function is one call or one short dialogue with the kernel; every number that
// is a time is nanoseconds of CLOCK_MONOTONIC, addresses and ports are in host order, and -1 means
// failure with errno set.

#ifndef BATON_CLAB_H
#define BATON_CLAB_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

int64_t lab_now(void);
int lab_errno(void);
const char *lab_errno_text(void);

// SIGTERM and SIGINT set a flag instead of ending the process.
void lab_catch_stop_signals(void);
bool lab_stop_requested(void);
// SCHED_FIFO and locked memory, for a clock that can be trusted. 0, or -1 for an ordinary user.
int lab_become_realtime(int priority);
// The parent's death ends this process too.
void lab_die_with_parent(void);
int lab_kill(int pid, int signal);
// Replaces this process (execvp); returns only on failure.
int lab_exec(char *const *arguments);
// Appends to a file in one write.
int lab_append(const char *path, const char *text);
void lab_close(int fd);
void lab_complain(const char *text);
_Noreturn void lab_exit(int code);

// Waits for any of the descriptors to be readable (or, where the bit of wants_write is set,
// writable) until the deadline. ready[i] is 1 when there is something to do.
int lab_wait(const int *fds, const uint8_t *wants_write, uint8_t *ready, int count, int64_t deadline);

// Enters a network namespace; returns a descriptor of the one left, for lab_return_to_namespace.
int lab_enter_namespace(const char *path);
int lab_return_to_namespace(int previous);

int lab_udp_socket(uint16_t local_port);
ssize_t lab_receive_from(int fd, uint8_t *bytes, size_t size, uint32_t *address, uint16_t *port);
ssize_t lab_send_to(int fd, const uint8_t *bytes, size_t count, uint32_t address, uint16_t port);
ssize_t lab_send(int fd, const uint8_t *bytes, size_t count);
// How many bytes a stream took, 0 while it has no room, -1 where the other side is gone.
ssize_t lab_send_some(int fd, const uint8_t *bytes, size_t count);
ssize_t lab_receive(int fd, uint8_t *bytes, size_t size);

int lab_tcp_listen(uint16_t port);
int lab_tcp_accept(int listener);
// Starts a connection without waiting; closing it forgets it at once (no TIME_WAIT here).
int lab_tcp_connect(uint32_t address, uint16_t port);

// A raw Ethernet socket on a device, all frames of an ethertype (ETH_P_ALL 3, ETH_P_ARP 0x806).
int lab_packet_socket(const char *device, uint16_t ethertype, bool promiscuous);
// Frames with the kernel's notes in front (struct virtio_net_hdr): a checksum that a veth has not
// made yet stays "not made yet" when the frame is sent on, instead of arriving wrong.
int lab_keep_offload_notes(int fd);
// The next frame; outgoing tells frames this host sends through the device itself.
ssize_t lab_receive_frame(int fd, uint8_t *bytes, size_t size, bool *outgoing);
int lab_device_mac(const char *device, uint8_t mac[6]);
// Takes a device down: a veth's other end loses its carrier.
int lab_device_down(const char *device);

// A local stream socket, connected without waiting; -1 with EAGAIN while the listener's queue is full.
int lab_unix_connect(const char *path);

// Subscribes to IPv4 address changes of the present namespace, and asks for what is there now.
int lab_address_watch(void);
// One event: 1 with its address (added or removed), 0 when there is none waiting.
int lab_address_event(int fd, uint32_t *address, bool *added);

// Sets several bridge ports to one state (0 disabled, 3 forwarding) with one datagram.
// Carrier does not change.
int lab_bridge_ports(const char *const *devices, int count, uint8_t state);

#endif

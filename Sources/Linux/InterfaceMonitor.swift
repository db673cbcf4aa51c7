// Changes of devices and addresses as the kernel tells them (rtnetlink(7) groups). What is there
// now is in Interfaces.swift.

import CLinux

/// What devices and addresses do, as it happens.
public final class InterfaceMonitor {
    private let socket: Descriptor

    /// Begins to listen; read everything once after this, so that nothing is missed between.
    public init() throws(SystemError) {
        let groups = UInt32(RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR)
        socket = try Interfaces.open(groups: groups, isNonBlocking: true)
    }

    /// For the poller.
    public var number: Int32 { socket.number }

    /// What happened since the last call, in order, one datagram's worth; nil when nothing.
    public func next() throws(SystemError) -> [InterfaceEvent]? {
        do {
            return try Interfaces.receive(number)?.compactMap(InterfaceEvent.init)
        } catch {
            if error.errno == .noBufferSpace { return [.overflowed] }
            throw error
        }
    }
}

// The system calls of CLab as Swift sees them: descriptors, byte arrays and thrown failures. The
// only file of the tool with `unsafe` in it; each use passes an array's storage for the length of
// one call, and no pointer outlives it.

import CLab

/// Nanoseconds of CLOCK_MONOTONIC.
typealias Nanoseconds = Int64

let millisecond: Nanoseconds = 1_000_000
let second: Nanoseconds = 1_000_000_000

/// What the tool says before it exits with 1 (2 for a usage error).
struct LabFailure: Error {
    let text: String
    var isUsage = false

    /// A failed call, with the kernel's words.
    static func call(_ what: String) -> LabFailure {
        LabFailure(text: "\(what): \(unsafe String(cString: lab_errno_text()))")
    }
}

enum Kernel {
    static var now: Nanoseconds { lab_now() }
    static var stopRequested: Bool { lab_stop_requested() }

    static func checked(_ descriptor: Int32, _ what: String) throws(LabFailure) -> Int32 {
        guard descriptor >= 0 else { throw .call(what) }
        return descriptor
    }

    /// Which of the descriptors have something to read (or room to write) before the deadline.
    static func wait(
        _ descriptors: [Int32],
        writing: Set<Int32> = [],
        until deadline: Nanoseconds
    ) -> [Int32] {
        var ready = [UInt8](repeating: 0, count: descriptors.count)
        let wantsWrite = descriptors.map { writing.contains($0) ? UInt8(1) : 0 }
        let count = Int32(min(descriptors.count, 512))
        let found = unsafe lab_wait(descriptors, wantsWrite, &ready, count, deadline)
        guard found > 0 else { return [] }
        return descriptors.indices.filter { ready[$0] != 0 }.map { descriptors[$0] }
    }

    static func send(_ bytes: [UInt8], on descriptor: Int32) -> Bool {
        unsafe lab_send(descriptor, bytes, bytes.count) == bytes.count
    }

    static func send(
        _ bytes: [UInt8],
        on descriptor: Int32,
        to address: IPv4,
        port: UInt16
    ) -> Bool {
        unsafe lab_send_to(descriptor, bytes, bytes.count, address.bits, port) == bytes.count
    }

    static func receive(on descriptor: Int32) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 2_048)
        let count = unsafe lab_receive(descriptor, &bytes, bytes.count)
        return count >= 0 ? Array(bytes.prefix(count)) : nil
    }

    static func receiveFrom(
        _ descriptor: Int32
    ) -> (bytes: [UInt8], address: IPv4, port: UInt16)? {
        var bytes = [UInt8](repeating: 0, count: 2_048)
        var address: UInt32 = 0
        var port: UInt16 = 0
        let count = unsafe lab_receive_from(descriptor, &bytes, bytes.count, &address, &port)
        return count >= 0 ? (Array(bytes.prefix(count)), IPv4(bits: address), port) : nil
    }

    /// A frame that the sender's kernel left to be cut later is larger than the MTU.
    static let frameMaximum = 65_600

    static func receiveFrame(
        on descriptor: Int32,
        maximum: Int = 2_048
    ) -> (bytes: [UInt8], isOutgoing: Bool)? {
        var bytes = [UInt8](repeating: 0, count: maximum)
        var isOutgoing = false
        let count = unsafe lab_receive_frame(descriptor, &bytes, bytes.count, &isOutgoing)
        return count >= 0 ? (Array(bytes.prefix(count)), isOutgoing) : nil
    }

    static func packetSocket(
        device: String,
        ethertype: UInt16,
        promiscuous: Bool
    ) throws(LabFailure) -> Int32 {
        try checked(
            unsafe lab_packet_socket(device, ethertype, promiscuous),
            "raw socket on \(device)"
        )
    }

    static func mac(ofDevice device: String) throws(LabFailure) -> MAC {
        var bytes = [UInt8](repeating: 0, count: 6)
        guard unsafe lab_device_mac(device, &bytes) == 0 else { throw .call("MAC of \(device)") }
        return MAC(bytes: bytes)
    }

    /// A subscription to address changes inside another network namespace.
    static func addressWatch(namespace path: String) throws(LabFailure) -> Int32 {
        let previous = try checked(unsafe lab_enter_namespace(path), "namespace \(path)")
        let watch = lab_address_watch()
        guard lab_return_to_namespace(previous) == 0 else { throw .call("back from \(path)") }
        return try checked(watch, "address watch in \(path)")
    }

    static func addressEvent(on descriptor: Int32) -> (address: IPv4, added: Bool)? {
        var address: UInt32 = 0
        var added = false
        guard unsafe lab_address_event(descriptor, &address, &added) == 1 else { return nil }
        return (IPv4(bits: address), added)
    }

    /// Sets bridge ports to a state in one datagram; carrier stays as it is.
    static func setBridgePorts(_ devices: [String], forwarding: Bool) throws(LabFailure) {
        let result = unsafe withCStrings(devices) { pointers in
            let constants = unsafe pointers.map { unsafe UnsafePointer($0) }
            return unsafe lab_bridge_ports(constants, Int32(devices.count), forwarding ? 3 : 0)
        }
        guard result == 0 else { throw .call("bridge ports \(devices.joined(separator: " "))") }
    }

    /// Takes a device down; a veth's other end loses its carrier.
    static func takeDown(_ device: String) throws(LabFailure) {
        guard unsafe lab_device_down(device) == 0 else { throw .call("taking \(device) down") }
    }

    /// A connection to a local socket; nil while the listener has no room, or refuses.
    static func connect(toSocket path: String) -> Int32? {
        let descriptor = unsafe lab_unix_connect(path)
        return descriptor >= 0 ? descriptor : nil
    }

    /// Sends what fits: how much that was, -1 where the other side is gone.
    static func sendSome(_ bytes: [UInt8], on descriptor: Int32) -> Int {
        unsafe lab_send_some(descriptor, bytes, bytes.count)
    }

    /// Becomes another program; returns only by throwing.
    static func become(_ arguments: [String]) throws(LabFailure) {
        _ = unsafe withCStrings(arguments) { pointers in unsafe lab_exec(pointers) }
        throw .call(arguments.first ?? "nothing to run")
    }

    static func complain(_ text: String) { unsafe lab_complain(text) }
    static func exit(_ code: Int32) -> Never { lab_exit(code) }

    static func append(_ text: String, to path: String) throws(LabFailure) {
        guard unsafe lab_append(path, text) == 0 else { throw .call(path) }
    }

    /// Copies of the texts as C strings, a null pointer behind the last, for one call.
    private static func withCStrings(
        _ texts: [String],
        _ body: ([UnsafeMutablePointer<CChar>?]) -> Int32
    ) -> Int32 {
        var pointers: [UnsafeMutablePointer<CChar>?] = unsafe texts.map { text in
            let bytes = Array(text.utf8CString)
            let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
            unsafe copy.initialize(from: bytes, count: bytes.count)
            return unsafe copy
        }
        unsafe pointers.append(nil)
        let result = unsafe body(pointers)
        unsafe pointers.forEach { unsafe $0?.deallocate() }
        return result
    }
}

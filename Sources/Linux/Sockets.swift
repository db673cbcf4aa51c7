// What all sockets of this room share: options, and one datagram sent or received. Which options
// and what the datagrams mean is in the files of each kind of socket.

import CLinux

/// SOCK_DGRAM and its kin as the Int32 that socket(2) takes.
let datagramSocket = Int32(SOCK_DGRAM.rawValue)
let streamSocket = Int32(SOCK_STREAM.rawValue)
let rawSocket = Int32(SOCK_RAW.rawValue)
let sequencedSocket = Int32(SOCK_SEQPACKET.rawValue)

/// socket(2), close-on-exec; waiting calls wait unless `isNonBlocking`.
func openSocket(
    _ family: Int32,
    _ kind: Int32,
    _ proto: Int32,
    isNonBlocking: Bool,
    _ name: String
) throws(SystemError) -> Descriptor {
    // SOCK_CLOEXEC and SOCK_NONBLOCK are O_CLOEXEC and O_NONBLOCK by definition.
    let flags = O_CLOEXEC | (isNonBlocking ? O_NONBLOCK : 0)
    return Descriptor(adopting: try checked("socket", name) { socket(family, kind | flags, proto) })
}

/// Sets a numeric option.
func setOption(
    _ number: Int32,
    _ level: Int32,
    _ option: Int32,
    _ value: Int32,
    _ name: String
) throws(SystemError) {
    var value = value
    try checked("setsockopt", name) {
        // Sound: the length is the value's.
        unsafe setsockopt(number, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }
}

/// Ties a socket to one device (SO_BINDTODEVICE).
func bindToDevice(_ number: Int32, _ device: DeviceName) throws(SystemError) {
    var name = Array(device.rawValue.utf8)
    try checked("setsockopt", "SO_BINDTODEVICE \(device)") {
        // Sound: the length is the array's; the kernel ends the name itself.
        unsafe setsockopt(number, SOL_SOCKET, SO_BINDTODEVICE, &name, socklen_t(name.count))
    }
}

/// Bounds how long a waiting receive and send wait.
func setTimeout(_ number: Int32, milliseconds: Int) throws(SystemError) {
    var time = timeval(tv_sec: milliseconds / 1000, tv_usec: milliseconds % 1000 * 1000)
    for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
        try checked("setsockopt", "SO_RCVTIMEO") {
            // Sound: the length is the structure's.
            unsafe setsockopt(
                number,
                SOL_SOCKET,
                option,
                &time,
                socklen_t(MemoryLayout<timeval>.size)
            )
        }
    }
}

/// bind(2) to a local address: a path, or an abstract name written with `@` in front.
func bindUnix(_ number: Int32, _ address: String) throws(SystemError) {
    let path = unixName(address)
    try checked("bind", address) {
        // Sound: the count is the text's; a leading NUL is counted, not an end.
        unsafe baton_unix_bind(number, path, path.utf8.count)
    }
}

/// connect(2) to a local address, written as for `bindUnix`.
func connectUnix(_ number: Int32, _ address: String) throws(SystemError) {
    let path = unixName(address)
    try checked("connect", address) {
        // Sound: as above.
        unsafe baton_unix_connect(number, path, path.utf8.count)
    }
}

private func unixName(_ address: String) -> String {
    address.hasPrefix("@") ? "\0" + address.dropFirst() : address
}

/// One send(2) to where the socket is connected; nil when it would block.
func sendBytes(
    _ number: Int32,
    _ bytes: [UInt8],
    _ object: @autoclosure () -> String
) throws(SystemError) -> Int? {
    try attempted("send", object()) {
        // Sound: the pointer is used only inside, with the count that belongs to it.
        unsafe bytes.withUnsafeBytes {
            unsafe send(number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
    }
}

/// One recv(2) of at most `maximum` bytes (the rest of a longer datagram is lost); nil when
/// nothing is there.
///
/// A closed stream gives no bytes.
func receiveBytes(
    _ number: Int32,
    maximum: Int,
    _ object: @autoclosure () -> String
) throws(SystemError) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: maximum)
    let count = try attempted("recv", object()) {
        // Sound: the count is the array's.
        unsafe recv(number, &bytes, maximum, 0)
    }
    guard let count else { return nil }
    bytes.removeLast(maximum - count)
    return bytes
}

// Network namespaces (network_namespaces(7)) of the calling thread: for laboratories and tests,
// which need devices of their own. The daemon lives in the one it was started in.

import CLinux

/// A namespace kept open; it vanishes with its devices when nobody holds it or lives in it.
public final class NetworkNamespace {
    private let descriptor: Descriptor

    /// The one the calling thread is in.
    public static func current() throws(SystemError) -> NetworkNamespace {
        NetworkNamespace(try Files.open("/proc/thread-self/ns/net", O_RDONLY))
    }

    /// Moves the calling thread into a new one, empty but for a loopback device that is down.
    ///
    /// Takes CAP_SYS_ADMIN.
    public static func enterNew() throws(SystemError) -> NetworkNamespace {
        try checked("unshare", "CLONE_NEWNET") { baton_unshare_network() }
        return try current()
    }

    private init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }

    /// Moves the calling thread into this one.
    public func enter() throws(SystemError) {
        let number = descriptor.number
        try checked("setns", "CLONE_NEWNET") { baton_enter_network(number) }
    }

    /// A path by which other programs find it, as `ip link set … netns` takes it.
    public var path: String { "/proc/\(ProcessID.current)/fd/\(descriptor.number)" }
}

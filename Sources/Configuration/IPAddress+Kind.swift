// What kind of address an address is, as far as a configuration must know. No sockets, no routes.

internal import Failover

extension IPAddress {
    /// 224.0.0.0/4 (RFC 5771) or ff00::/8 (RFC 4291 section 2.7).
    var isMulticast: Bool {
        isIPv6 ? bytes[0] == 0xff : (224...239).contains(bytes[0])
    }

    /// 127.0.0.0/8 or ::1.
    var isLoopback: Bool {
        isIPv6 ? high == 0 && low == 1 : bytes[0] == 127
    }

    /// fe80::/10: an address of one link, worth nothing without its device.
    ///
    /// IPv4's 169.254.0.0/16 is routed by the device of its prefix like any other.
    var isIPv6LinkLocal: Bool { isIPv6 && bytes[0] == 0xfe && bytes[1] & 0xc0 == 0x80 }

    /// Whether one host may have it: not all zeros or ones, no group of hosts.
    var isOfHost: Bool {
        !isMulticast && !bytes.allSatisfy { $0 == 0 } && !bytes.allSatisfy { $0 == 255 }
    }
}

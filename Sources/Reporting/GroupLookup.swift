// Which group an administrator means: the name as status prints it, the bare address, or as much of the
// name's beginning as no other group shares.

public import Failover

/// What a typed group name stands for.
public enum GroupLookup: Equatable, Sendable {
    /// This group.
    case found(String)
    /// None; these are known, in the order of haresources.
    case unknown(known: [String])
    /// Several.
    case ambiguous([String])

    /// Looks `typed` up: the exact name stands before the bare address, that before a unique beginning.
    public init(_ typed: String, in status: Status) {
        let names = status.groups.map(\.name)
        if names.contains(typed) {
            self = .found(typed)
            return
        }
        let sameAddress = names.filter { Self.bareAddress($0) == typed }
        let candidates = sameAddress.isEmpty ? names.filter { $0.hasPrefix(typed) } : sameAddress
        switch candidates.count {
        case 0: self = .unknown(known: names)
        case 1 where !typed.isEmpty: self = .found(candidates[0])
        default: self = .ambiguous(candidates)
        }
    }

    /// The address in `192.168.1.100/24/eth1:0` and `IPaddr2::192.168.1.100/24`: the first argument up to
    /// its first slash.
    private static func bareAddress(_ name: String) -> String {
        var text = name[...]
        if let separator = text.firstRange(of: "::"), text[..<separator.lowerBound].isResourceType {
            text = text[separator.upperBound...]
        }
        return String(text.prefix { $0 != "/" })
    }
}

extension Substring {
    /// Whether this may stand before `::` as a resource's type; an IPv6 address such as `fd00::1` does not.
    fileprivate var isResourceType: Bool {
        !isEmpty && contains { $0.isLetter && !$0.isHexDigit }
    }
}

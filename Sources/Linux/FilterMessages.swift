// What nf_tables' netlink messages say, as values: one table with one chain that drops what comes from outside for the
// addresses of a set. Pure: values in, bytes out. Numbers: linux/netfilter/nf_tables.h and nfnetlink.h, which the C library
// does not bring. The socket is in PacketFilter.swift.

import CLinux

/// A batch that replaces the whole table: either all of it is in force, or what was before.
struct FilterBatch: Equatable {
    /// Its name, and that of its one chain.
    var table: String
    /// Whose packets are dropped; none leaves no table.
    var addresses: [IPAddress]

    /// The messages, numbered from `first`: the last but one asks to be acknowledged.
    func messages(from first: UInt32) -> [NetlinkMessage] {
        let owner = attribute(2, number: 2)  // NFTA_TABLE_FLAGS: NFT_TABLE_F_OWNER
        let own = [text(1, table), owner]  // NFTA_TABLE_NAME
        // Deleting what is not there is an error, adding what is there is none.
        var parts: [(Message, UInt16, [NetlinkAttribute])] = [
            (.newTable, create, own), (.deleteTable, 0, [text(1, table)]),
        ]
        if !addresses.isEmpty {
            parts.append((.newTable, create, own))
            parts.append((.newChain, create, chain))
            for family in Family.allCases {
                let own = addresses.filter { $0.family == family.number }.map(\.bytes)
                guard !own.isEmpty else { continue }
                parts.append((.newSet, create, set(of: family)))
                for start in stride(from: 0, to: own.count, by: FilterBatch.elementsMaximum) {
                    let some = own[start...].prefix(FilterBatch.elementsMaximum)
                    parts.append((.newElements, create, elements(some, of: family)))
                }
                parts.append((.newRule, create | 0x800, rule(family)))  // NLM_F_APPEND
            }
        }
        parts[parts.count - 1].1 |= UInt16(NLM_F_ACK)
        var number = first
        func message(_ type: UInt16, _ flags: UInt16, _ body: [UInt8]) -> NetlinkMessage {
            defer { number &+= 1 }
            let all = UInt16(NLM_F_REQUEST) | flags
            return NetlinkMessage(type: type, flags: all, sequence: number, body: body)
        }
        var messages = [message(0x10, 0, FilterBatch.header(0, 10))]  // NFNL_MSG_BATCH_BEGIN
        for (kind, flags, attributes) in parts {
            let body = FilterBatch.header(1, 0) + attributes.flatMap(\.bytes)  // NFPROTO_INET
            messages.append(message(10 << 8 | kind.rawValue, flags, body))
        }
        messages.append(message(0x11, 0, FilterBatch.header(0, 10)))
        return messages
    }

    // MARK: details

    private enum Message: UInt16 {
        case newTable = 0
        case deleteTable = 2
        case newChain = 3
        case newRule = 6
        case newSet = 9
        case newElements = 12
    }

    /// An attribute has no more than 64 KiB.
    private static let elementsMaximum = 1000

    private enum Family: UInt32, CaseIterable {
        case v4 = 1
        case v6 = 2

        var number: UInt8 { self == .v4 ? UInt8(AF_INET) : UInt8(AF_INET6) }
        /// Bytes of an address, and where the destination is in the network header.
        var length: UInt32 { self == .v4 ? 4 : 16 }
        var offset: UInt32 { self == .v4 ? 16 : 24 }
        /// The protocol that is let in: ICMP, ICMPv6.
        var control: UInt8 { self == .v4 ? 1 : 58 }
        var name: String { self == .v4 ? "v4" : "v6" }
    }

    private var create: UInt16 { 0x400 }  // NLM_F_CREATE

    /// nfgenmsg: family, version, and of a batch the subsystem, big-endian.
    private static func header(_ family: UInt8, _ subsystem: UInt8) -> [UInt8] {
        [family, 0, 0, subsystem]
    }

    /// Where packets for this machine come in.
    private var chain: [NetlinkAttribute] {
        [
            text(1, table), text(3, table),
            // NF_INET_LOCAL_IN, and the priority
            nested(4, [attribute(1, number: 1), attribute(2, number: 0)]),
            text(7, "filter"),
        ]
    }

    private func set(of family: Family) -> [NetlinkAttribute] {
        [
            text(1, table), text(2, family.name), attribute(5, number: family.length),
            attribute(10, number: family.rawValue),
        ]
    }

    private func elements(
        _ addresses: some Sequence<[UInt8]>,
        of family: Family
    ) -> [NetlinkAttribute] {
        let all = addresses.map { bytes in
            nested(1, [nested(1, [NetlinkAttribute(type: 1, payload: bytes)])])
        }
        return [
            text(1, table), text(2, family.name), nested(3, all),
            attribute(4, number: family.rawValue),
        ]
    }

    /// Drops what is for an address of the set, unless it comes from this machine, or is ICMP, which tells the other
    /// node that the address is held.
    private func rule(_ family: Family) -> [NetlinkAttribute] {
        // lo has the same number everywhere.
        let loopback = nativeBytes(UInt32(1))
        let expressions =
            meta(15) + compare([family.number])  // NFT_META_NFPROTO
            + meta(4) + compare(loopback, isEqual: false)  // NFT_META_IIF
            + meta(16) + compare([family.control], isEqual: false)  // NFT_META_L4PROTO
            + destination(family) + lookup(family) + [drop]
        return [text(1, table), text(2, table), nested(4, expressions)]
    }

    private func lookup(_ family: Family) -> [NetlinkAttribute] {
        let set = [text(1, family.name), attribute(4, number: family.rawValue)]
        return [expression("lookup", set + [attribute(2, number: 1)])]
    }

    private func meta(_ key: UInt32) -> [NetlinkAttribute] {
        [expression("meta", [attribute(1, number: 1), attribute(2, number: key)])]
    }

    private func compare(_ bytes: [UInt8], isEqual: Bool = true) -> [NetlinkAttribute] {
        let data = nested(3, [NetlinkAttribute(type: 1, payload: bytes)])
        let operation = attribute(2, number: isEqual ? 0 : 1)
        return [expression("cmp", [attribute(1, number: 1), operation, data])]
    }

    /// Bytes of the network header.
    private func destination(_ family: Family) -> [NetlinkAttribute] {
        let place = [attribute(3, number: family.offset), attribute(4, number: family.length)]
        return [expression("payload", [attribute(1, number: 1), attribute(2, number: 1)] + place)]
    }

    private var drop: NetlinkAttribute {
        let verdict = nested(2, [nested(2, [attribute(1, number: 0)])])  // NF_DROP
        return expression("immediate", [attribute(1, number: 0), verdict])  // NFT_REG_VERDICT
    }

    private func expression(_ name: String, _ data: [NetlinkAttribute]) -> NetlinkAttribute {
        nested(1, [text(1, name), nested(2, data)])  // NFTA_LIST_ELEM
    }

    private func nested(_ type: UInt16, _ attributes: [NetlinkAttribute]) -> NetlinkAttribute {
        NetlinkAttribute(type: type | 0x8000, payload: attributes.flatMap(\.bytes))
    }

    private func text(_ type: UInt16, _ text: String) -> NetlinkAttribute {
        NetlinkAttribute(type: type, payload: Array(text.utf8) + [0])
    }

    /// nf_tables' numbers are big-endian.
    private func attribute(_ type: UInt16, number: UInt32) -> NetlinkAttribute {
        NetlinkAttribute(type: type, payload: nativeBytes(number.bigEndian))
    }
}

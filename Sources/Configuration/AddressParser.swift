// Reads the argument of an address resource: `IP[/PREFIX[/DEVICE[:LABEL]][/BROADCAST]]`, or
// `IP/PREFIX/BROADCAST` where the third part begins with a digit (IPaddr2's own rule).

internal import Failover

struct AddressParser {
    /// What is expected, for messages.
    let grammar: String
    /// The device of an address that names none.
    let device: String?
    /// The argument with positions; not empty.
    let argument: Word
    private(set) var list: DiagnosticList

    /// What stands behind a resource's type.
    init(type: String, argument: Word, list: DiagnosticList) {
        self.init(
            grammar: "\(type)::ADDRESS[/PREFIX[/DEVICE[:LABEL]][/BROADCAST]]",
            device: nil,
            argument: argument,
            list: list
        )
    }

    init(grammar: String, device: String?, argument: Word, list: DiagnosticList) {
        self.grammar = grammar
        self.device = device
        self.argument = argument
        self.list = list
    }

    /// Reads the argument; nil after an error.
    mutating func parse() -> AddressSpecification? {
        let parts = argument.parts
        guard let address = IPAddress(parts[0].text) else {
            fail(.invalidAddress, parts[0].start, "\(quoted(parts[0].text)) is no IP address")
            return nil
        }
        guard checkKind(address, at: parts[0].start) else { return nil }
        var result = AddressSpecification(address: address, device: device)
        guard parts.count > 1 else { return checked(result, at: parts[0].start) }
        guard let prefix = prefix(parts[1].text, address) else {
            fail(
                .invalidPrefix,
                parts[1].start,
                "\(quoted(parts[1].text)) is no prefix length: 1 to \(address.bitCount)",
                hint: address.isIPv4 ? "24, or a mask such as 255.255.255.0" : "64"
            )
            return nil
        }
        result.prefixLength = prefix
        var rest = parts.dropFirst(2)
        if let part = rest.first, !startsWithDigit(part.text) {
            rest = rest.dropFirst()
            guard device(part, &result) else { return nil }
        }
        if let part = rest.popFirst() {
            guard broadcast(part, &result) else { return nil }
        }
        if let part = rest.first {
            fail(.wrongValueCount, part.start, "nothing follows the broadcast address")
            return nil
        }
        return checked(result, at: parts[0].start)
    }

    /// What the parts mean together; nil after an error.
    private mutating func checked(
        _ result: AddressSpecification,
        at offset: Int
    ) -> AddressSpecification? {
        if result.address.isIPv6LinkLocal, result.device == nil {
            fail(
                .invalidAddress,
                offset,
                "\(result.address) is an address of one link: the device must be named"
            )
            return nil
        }
        checkNetworkAddress(result, at: offset)
        return result
    }

    private mutating func fail(
        _ code: Diagnostic.Code,
        _ offset: Int,
        _ message: String,
        hint: String? = nil
    ) {
        list.error(
            code,
            at: argument.position(at: offset),
            message,
            hint: hint ?? grammar
        )
    }

    private mutating func checkKind(_ address: IPAddress, at offset: Int) -> Bool {
        guard address.isOfHost else {
            fail(.invalidAddress, offset, "\(address) is not the address of a host")
            return false
        }
        if address.isLoopback {
            list.warning(
                .loopbackAddress,
                at: argument.position(at: offset),
                "\(address) is a loopback address: no other machine reaches it"
            )
        }
        return true
    }

    /// A length, or for IPv4 a mask of ones followed by zeros.
    private func prefix(_ text: String, _ address: IPAddress) -> Int? {
        if let mask = IPAddress(text), mask.isIPv4, address.isIPv4 {
            let bits = mask.bytes.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            let length = (~bits).leadingZeroBitCount
            return length > 0 && bits.nonzeroBitCount == length ? length : nil
        }
        guard let length = Int(text), (1...address.bitCount).contains(length),
            text.utf8.allSatisfy({ (48...57).contains($0) })
        else { return nil }
        return length
    }

    private func startsWithDigit(_ text: String) -> Bool {
        text.utf8.first.map { (48...57).contains($0) } ?? false
    }

    private mutating func device(_ part: Word.Part, _ result: inout AddressSpecification) -> Bool {
        let name = part.text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let device = String(name[0])
        guard isDeviceName(device) else {
            fail(.invalidName, part.start, "\(quoted(device)) is no device name")
            return false
        }
        result.device = device
        guard name.count == 2 else { return true }
        guard part.text.utf8.count <= 15, !name[1].isEmpty, !name[1].contains(":") else {
            fail(
                .invalidName,
                part.start,
                "\(quoted(part.text)) is no label: DEVICE:TEXT, at most 15 characters together"
            )
            return false
        }
        guard result.address.isIPv4 else {
            list.warning(
                .labelIgnored,
                at: argument.position(at: part.start),
                "only IPv4 addresses have labels; \(quoted(part.text)) names the device alone"
            )
            return true
        }
        result.label = part.text
        return true
    }

    private mutating func broadcast(_ part: Word.Part, _ result: inout AddressSpecification) -> Bool
    {
        guard let address = IPAddress(part.text), address.isIPv4, result.address.isIPv4 else {
            fail(
                .invalidAddress,
                part.start,
                "\(quoted(part.text)) is no IPv4 broadcast address"
            )
            return false
        }
        result.broadcast = address
        return true
    }

    private mutating func checkNetworkAddress(_ result: AddressSpecification, at offset: Int) {
        guard result.address.isIPv4, let prefix = result.prefixLength, prefix < 31 else { return }
        let bits = result.address.bytes.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let hostMask = UInt32.max >> UInt32(prefix)
        guard bits & hostMask == 0 || bits & hostMask == hostMask else { return }
        list.warning(
            .networkAddress,
            at: argument.position(at: offset),
            "\(result.address) is the \(bits & hostMask == 0 ? "network" : "broadcast") address of its /\(prefix)"
        )
    }
}

extension Word {
    /// A piece between slashes.
    struct Part {
        var text: String
        /// Characters of the word before it.
        var start: Int
    }

    /// The pieces between slashes, at least one.
    var parts: [Part] {
        var result: [Part] = []
        var start = 0
        for piece in characters.split(
            omittingEmptySubsequences: false,
            whereSeparator: { $0.scalar == "/" }
        ) {
            result.append(Part(text: Array(piece).text, start: start))
            start += piece.count + 1
        }
        return result
    }
}

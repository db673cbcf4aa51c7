// One node's files together, and the peer's against them: the input is cut at its form feeds into
// ha.cf, haresources, mon.cf, the peer's ha.cf, haresources and mon.cf, and what the peer told of its keys: its
// signing key's number, then a line `NUMBER MEANING` for each; last, what the peer calls its files. Whatever passes
// without an error must make settings that the core accepts, and what is said of the rest moves no terminal.

import Failover

@testable import Configuration

private let keys = ConfigurationFile(
    name: "authkeys",
    text: "auth 1\n1 sha256 0123456789abcdef\n",
    mode: 0o600
)

/// libFuzzer's entry.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    var input = unsafe Input(start, count)
    let parts = input.parts(at: 12, most: 8)
    func file(_ index: Int, _ name: String) -> ConfigurationFile? {
        index < parts.count ? ConfigurationFile(name: name, bytes: Array(parts[index])) : nil
    }
    let own = ConfigurationFiles(
        haCf: file(0, "ha.cf"),
        haresources: file(1, "haresources"),
        authkeys: keys,
        monCf: file(2, "mon.cf")
    )
    let place = parts.count > 7 ? String(decoding: parts[7], as: UTF8.self) : "l1:"
    let peer = ConfigurationFiles(
        haCf: file(3, place + "ha.cf"),
        haresources: file(4, place + "haresources"),
        monCf: file(5, place + "mon.cf")
    )
    let check = ConfigurationCheck(
        own,
        node: nil,
        peer: peer,
        peerKeys: parts.count > 6 ? peerKeys(parts[6], place) : nil
    )
    expectPrintable(Diagnostic.text(check.diagnostics), "diagnostics")
    _ = Diagnostic.summary(check.diagnostics)
    if let configuration = check.configuration {
        // Its preconditions are the rule: a link, distinct groups.
        _ = FailoverMachine(settings: configuration.settings())
    }
    return 0
}

private func peerKeys(_ told: ArraySlice<UInt8>, _ place: String) -> PeerKeys {
    var meanings: [UInt8: String] = [:]
    let lines = String(decoding: told, as: UTF8.self).split(separator: "\n")
    for line in lines.dropFirst() {
        let words = line.split(separator: " ", maxSplits: 1)
        guard words.count == 2, let id = UInt8(words[0]) else { continue }
        meanings[id] = String(words[1])
    }
    return PeerKeys(
        file: place + "authkeys",
        signingID: lines.first.flatMap { UInt8($0) } ?? 0,
        meanings: meanings,
        meaning: { "\($0.method.rawValue) \($0.secret)" }
    )
}

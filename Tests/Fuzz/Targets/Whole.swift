// One node's files together, and the peer's against them: the input is cut at its form feeds into
// ha.cf, haresources, mon.cf, the peer's ha.cf and the peer's haresources. Whatever passes without
// an error must make settings that the core accepts.

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
    // Sound: libFuzzer owns the bytes for the time of this call; they are copied here.
    let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    let parts = bytes.split(separator: 12, maxSplits: 4, omittingEmptySubsequences: false)
    func file(_ index: Int, _ name: String) -> ConfigurationFile? {
        index < parts.count ? ConfigurationFile(name: name, bytes: Array(parts[index])) : nil
    }
    let own = ConfigurationFiles(
        haCf: file(0, "ha.cf"),
        haresources: file(1, "haresources"),
        authkeys: keys,
        monCf: file(2, "mon.cf")
    )
    let peer = ConfigurationFiles(haCf: file(3, "ha.cf"), haresources: file(4, "haresources"))
    let check = ConfigurationCheck(own, node: nil, peer: peer)
    _ = Diagnostic.text(check.diagnostics)
    _ = Diagnostic.summary(check.diagnostics)
    if let configuration = check.configuration {
        // Its preconditions are the rule: a link, distinct groups.
        _ = FailoverMachine(settings: configuration.settings())
    }
    return 0
}

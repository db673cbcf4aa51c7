// Any bytes as what the other node tells of its machine, as /etc/fstab and as /etc/passwd of this one: the input is cut at
// its form feeds into those three. What is said of it moves no terminal, and is no more than anybody reads.

@testable import Configuration

private let files = ConfigurationFiles(
    haCf: ConfigurationFile(name: "ha.cf", text: "node l0 l1\nbcast eth1\n"),
    haresources: ConfigurationFile(
        name: "haresources",
        text:
            "l0 10.0.0.1/24 Filesystem::/dev/drbd0::/mnt::ext4 mysql::/mnt/mysql mysqld linkserv\n"
    ),
    authkeys: ConfigurationFile(
        name: "authkeys",
        text: "auth 1\n1 sha256 0123456789abcdef\n",
        mode: 0o600
    )
)

/// libFuzzer's entry.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    var input = unsafe Input(start, count)
    let parts = input.parts(at: 12, most: 3).map(Array.init)
    guard let told = parts.first else { return 0 }
    let peer = MachineFacts(text: told, node: "l1")
    if let peer {
        // What is told again is the same.
        var again = MachineFacts(text: Array(peer.text.utf8), node: "l1")
        precondition(again != nil, "its own text is not read")
        again?.fstab = peer.fstab
        precondition(again?.links.count ?? 0 <= peer.links.count, "facts grow")
    }
    let look = MachineLook(
        list: { $0.hasPrefix("/etc/rc2") ? ["S01mysqld"] : [] },
        link: { $0.hasSuffix("S01mysqld") ? "../init.d/mysqld" : nil },
        read: { path in
            let place = path.hasSuffix("fstab") ? 1 : 2
            return place < parts.count ? parts[place] : nil
        },
        owner: { _ in 110 },
        isExecutable: { $0.hasPrefix("/etc/init.d") },
        exists: { _ in false }
    )
    let check = ConfigurationCheck(
        files,
        machine: { MachineFacts(of: $0, ResourceLookup(configuration: "/c"), look) },
        peerMachine: peer
    )
    expectPrintable(Diagnostic.text(check.diagnostics), "diagnostics")
    precondition(check.diagnostics.count <= 6 * (DiagnosticList.maximum + 1), "too many")
    return 0
}

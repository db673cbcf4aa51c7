// Any bytes as drbd.conf: diagnostics bounded, sections no deeper than they may be.

@testable import Configuration

private let groups = HaresourcesParser.parse(
    ConfigurationFile(
        name: "haresources",
        text: "l0 192.168.1.100/24 drbddisk::r0 Filesystem::/dev/drbd0::/mnt::ext3\n"
    ),
    nodes: ["l0", "l1"],
    stateless: []
).0.groups

/// libFuzzer's entry.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    // Sound: libFuzzer owns the bytes for the time of this call; they are copied here.
    let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    let file = ConfigurationFile(name: "drbd.conf", bytes: bytes)
    let (conf, _) = DRBDConfParser.parse(file)
    precondition(depth(conf.root) <= DRBDConfParser.depthMaximum, "sections too deep")
    let found = DRBDConfCheck.diagnostics(
        [file],
        nodes: ["l0", "l1"],
        groups: groups,
        deadtime: .seconds(30)
    )
    precondition(found.count <= DiagnosticList.maximum + 1, "more diagnostics than anybody reads")
    _ = Diagnostic.text(found)
    return 0
}

private func depth(_ section: DRBDSection) -> Int {
    (section.sections.map(depth).max() ?? -1) + 1
}

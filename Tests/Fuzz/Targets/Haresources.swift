// Any bytes as haresources, and as a list of addresses: groups, addresses and diagnostics bounded.

@testable import Configuration

/// libFuzzer's entry.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    // Sound: libFuzzer owns the bytes for the time of this call; they are copied here.
    let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    let file = ConfigurationFile(name: "haresources", bytes: bytes, mode: 0o600)
    let (result, list) = HaresourcesParser.parse(file, nodes: ["l0", "l1"], stateless: ["apache"])
    precondition(
        list.all.count <= DiagnosticList.maximum + 1,
        "more diagnostics than anybody reads"
    )
    precondition(result.groups.count <= 1_000, "more groups than the core takes")
    _ = Diagnostic.text(list.all)
    precondition(!AddressList.paths(in: file).contains { !$0.hasPrefix("/") }, "no absolute path")
    let (addresses, said) = AddressList.parse(file, device: nil)
    precondition(addresses.count <= AddressList.maximum, "more addresses than a group takes")
    precondition(
        Set(addresses.map(\.address)).count == addresses.count,
        "an address is there twice"
    )
    precondition(
        AddressListChange(from: addresses, to: addresses).isEmpty,
        "a list differs from itself"
    )
    _ = Diagnostic.text(said.all)
    return 0
}

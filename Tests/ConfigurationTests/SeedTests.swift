import Testing

@testable import Configuration

@Suite struct SeedTests {
    @Test func printAll() {
        let files = ConfigurationFiles(haCf: file(seeds + "ha.cf"), haresources: file(seeds + "haresources.node1"), authkeys: goodKeys, monCf: file(seeds + "mon.cf"))
        var peer = files
        peer.haresources = file(seeds + "haresources.node2")
        let c = ConfigurationCheck(files, node: "l0", peer: peer)
        print(Diagnostic.text(c.diagnostics), Diagnostic.summary(c.diagnostics))
        #expect(!c.hasErrors)
    }
}

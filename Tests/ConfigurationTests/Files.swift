// Files for the tests: short text, the repository's own samples, and the pasted seeds where a clone
// has them beside it.

import Foundation
import Monitoring

@testable import Configuration

/// The package's root directory.
let root = String(
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
        .joined(separator: "/")
)

/// The pasted seed files, beside the repository or where BATON_SHARED says; absent in a plain clone.
let seeds =
    (ProcessInfo.processInfo.environment["BATON_SHARED"] ?? root + "/../shared") + "/seeds/pasted/"
let hasSeeds = FileManager.default.fileExists(atPath: seeds + "ha.cf")

/// A file from the disk, called by its last path component unless told otherwise.
func file(_ path: String, as name: String? = nil, mode: UInt32? = nil) -> ConfigurationFile? {
    guard let data = FileManager.default.contents(atPath: path) else { return nil }
    let last = path.split(separator: "/").last.map(String.init) ?? path
    return ConfigurationFile(name: name ?? last, bytes: Array(data), mode: mode)
}

/// An authkeys such as `baton keygen` writes.
let goodKeys = ConfigurationFile(
    name: "authkeys",
    text: AuthenticationKeys.newFile(secret: Array(0..<32)),
    mode: 0o600
)

/// The shortest ha.cf that is read without a word.
let goodHaCf = "node l0 l1\nbcast eth1\nauto_failback off\n"

/// The three files a daemon must have.
func files(
    _ haCf: String = goodHaCf,
    _ haresources: String = "l0 10.0.0.1/24/eth0 drbddisk::r0\n"
) -> ConfigurationFiles {
    ConfigurationFiles(
        haCf: ConfigurationFile(name: "ha.cf", text: haCf),
        haresources: ConfigurationFile(name: "haresources", text: haresources),
        authkeys: goodKeys
    )
}

func haCf(_ text: String) -> (HaCf, [Diagnostic]) {
    let (result, list) = HaCfParser.parse(ConfigurationFile(name: "ha.cf", text: text))
    return (result, list.all)
}

func haresources(_ text: String) -> ([ResourceGroup], [Diagnostic]) {
    let (result, list) = HaresourcesParser.parse(
        ConfigurationFile(name: "haresources", text: text),
        nodes: ["l0", "l1"],
        stateless: []
    )
    return (result.groups, list.all)
}

func authkeys(_ text: String, mode: UInt32? = 0o600) -> (AuthenticationKeys?, [Diagnostic]) {
    let (result, list) = AuthkeysParser.parse(
        ConfigurationFile(name: "authkeys", text: text, mode: mode)
    )
    return (result, list.all)
}

func monCf(_ text: String) -> (MonitorConfiguration, [Diagnostic]) {
    let (result, list) = MonCfParser.parse(ConfigurationFile(name: "mon.cf", text: text))
    return (result, list.all)
}

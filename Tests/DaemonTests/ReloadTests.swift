// What a new configuration would do to a node, and how the files travel in shared memory.

import Configuration
import Testing
import Wire

@testable import Daemon

@Suite("Reloading")
struct ReloadTests {
    static let keys = "auth 1\n1 sha256 abcdefgh\n"

    static func files(
        haCf: String = "node l0 l1\nbcast eth1\nkeepalive 1\ndeadtime 5\n",
        haresources: String = "l0 10.0.0.1/24/eth0 thing\nl1 other\n",
        authkeys: String = keys
    ) -> ConfigurationFiles {
        ConfigurationFiles(
            haCf: ConfigurationFile(name: "ha.cf", text: haCf),
            haresources: ConfigurationFile(name: "haresources", text: haresources),
            authkeys: ConfigurationFile(name: "authkeys", text: authkeys, mode: 0o600)
        )
    }

    static func cluster(_ files: ConfigurationFiles) throws -> ClusterConfiguration {
        try LoadedConfiguration.make(files, node: "l0", ownAddresses: []).get().0.cluster
    }

    private func consequence(_ new: ConfigurationFiles, held: Set<String>) throws
        -> ReloadChecker.Consequence
    {
        ReloadChecker.consequence(
            old: try Self.cluster(Self.files()),
            new: try Self.cluster(new),
            held: held
        )
    }

    @Test("Equal files change nothing")
    func same() throws {
        #expect(try consequence(Self.files(), held: ["10.0.0.1"]) == .none)
    }

    @Test("New keys alone are replaced while everything goes on")
    func keys() throws {
        let new = Self.files(authkeys: "auth 2\n1 sha256 abcdefgh\n2 sha256 ijklmnop\n")
        #expect(try consequence(new, held: ["10.0.0.1", "other"]) == .keys)
    }

    @Test("Keys that would make the nodes deaf to each other are refused with the right order")
    func deafness() throws {
        func ring(_ keys: [UInt8: String], signing: UInt8) throws -> Keyring {
            try Keyring(
                keys: keys.sorted { $0.key < $1.key }.map { id, secret in
                    AuthenticationKey(id: id, method: .sha256, secret: Array(secret.utf8))
                },
                signing: signing
            )
        }
        let old = try ring([1: "first"], signing: 1)
        let both = try ring([1: "first", 2: "second"], signing: 2)
        #expect(ReloadChecker.deafness(old: old, new: both, peerKeys: [1]) == nil)
        let second = try ring([2: "second"], signing: 2)
        #expect(ReloadChecker.deafness(old: both, new: second, peerKeys: [1, 2]) == nil)
        #expect(
            ReloadChecker.deafness(old: old, new: second, peerKeys: [1])
                == "the peer knows none of these keys, only 1: keep that one beside the new in authkeys,"
                + " `baton reload` on both nodes, then remove it"
        )
        let changed = try ring([1: "other"], signing: 1)
        #expect(
            ReloadChecker.deafness(old: old, new: changed, peerKeys: [1])
                == "key 1 is in use and would be another one: give the new key a number of its own, and"
                + " remove the old one when both nodes have the new"
        )
    }

    @Test("Other changes begin the loop anew")
    func restart() throws {
        let new = Self.files(haCf: "node l0 l1\nbcast eth1\nkeepalive 1\ndeadtime 6\n")
        #expect(try consequence(new, held: ["10.0.0.1"]) == .restart)
    }

    @Test("A group held here does not change under it; one that is not held may")
    func held() throws {
        let new = Self.files(haresources: "l0 10.0.0.1/24/eth0 thing more\nl1 other\n")
        #expect(try consequence(new, held: ["10.0.0.1", "other"]) == .refused(["10.0.0.1"]))
        #expect(try consequence(new, held: ["other"]) == .restart)
        let gone = Self.files(haresources: "l0 10.0.0.1/24/eth0 thing\n")
        #expect(try consequence(gone, held: ["other"]) == .refused(["other"]))
    }

    @Test("Files go through shared memory unchanged, missing ones too")
    func encoding() {
        let files = Self.files()
        #expect(ConfigurationStore.decode(ConfigurationStore.encode(files)) == files)
        let bytes = ConfigurationStore.encode(files)
        for length in 0..<bytes.count {
            #expect(ConfigurationStore.decode(Array(bytes[..<length])) == nil)
        }
    }

    @Test("A missing authkeys is refused and names the command that makes it")
    func missingKeys() throws {
        var files = Self.files()
        files.authkeys = nil
        guard
            case .failure(let refusal) = LoadedConfiguration.make(
                files,
                node: "l0",
                ownAddresses: []
            )
        else {
            Issue.record("accepted")
            return
        }
        #expect(refusal.text.contains("baton keygen"))
    }
}

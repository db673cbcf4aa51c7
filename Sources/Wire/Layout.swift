// The heartbeat datagram, version 1: where each field lies. Numbers are unsigned, most significant byte
// first. Reading and writing are in `Datagram+Encode` and `Datagram+Decode`.
//
// | offset | size | field | unit, meaning |
// |-|-|-|-|
// | 0 | 4 | magic | "BATN" |
// | 4 | 1 | major version | 1; another one is malformed |
// | 5 | 1 | minor version | 1; a higher one may add what lower ones skip |
// | 6 | 1 | key id | 0–15 |
// | 7 | 1 | tag length | bytes: 32, 20, 16 (0: simulator) |
// | 8 | 2 | signed length | bytes before the tag, this header included |
// | 10 | 2 | fixed length | bytes before the first section; 176, more in a higher minor version |
// | 12 | 1 | kind | `BeatKind`; an unknown one reads as daemonDown |
// | 13 | 1 | flags | bit 0 leaving; others 0, ignored |
// | 14 | 1 | link | the sender's ordinal of the link, 0–31 |
// | 15 | 1 | reserved | 0, ignored |
// | 16 | 2 | known keys | bit n: the sender knows key n |
// | 18 | 2 | part | which datagram of this beat, from 0 |
// | 20 | 2 | parts | how many datagrams this beat has |
// | 22 | 2 | reserved | 0, ignored |
// | 24 | 8 | sequence | from 1; one counter over all datagrams and links |
// | 32 | 8 | clock | ns on the sender's boot-time clock, below 2^63 |
// | 40 | 8 | incarnation counter | durable |
// | 48 | 8 | incarnation nonce | never 0 |
// | 56 | 16 | boot id | |
// | 72 | 8 | echo: nonce | of the receiver's incarnation that the sender believes; 0 none |
// | 80 | 8 | echo: sequence | the highest heard of it |
// | 88 | 8 | echo: age | ns since that was heard, below 2^63 |
// | 96 | 24 | candidate echo | as the echo, of an incarnation that has not proved itself |
// | 120 | 8 | challenge | the sender asks for its return; 0 none |
// | 128 | 8 | response | the receiver's last challenge; 0 none |
// | 136 | 8 | deadtime | ns, below 2^63 |
// | 144 | 8 | earliest take | ns, below 2^63 |
// | 152 | 8 | lease | reserved for S2: ns for which the sender renews the receiver's lease; 0 |
// | 160 | 1 | ping nodes | how many answer the sender; 0 where it has none |
// | 161 | 15 | reserved | 0, ignored |
// | 176 | … | sections | up to the signed length |
// | signed length | 16, 20, 32 | tag | HMAC over all bytes before it |
//
// Minor version 1 added section 4.
//
// A section is type (1), reserved (1), length of what follows (2), content. Each known type comes at
// most once; unknown types are skipped.
//
// | type | content |
// |-|-|
// | 1 names (required) | cluster, sender, receiver: each one byte of length (1–100) and that many bytes |
// | 2 addresses | per address 24 bytes: family 4 or 6 (1), reserved (1), MAC (6), address (16; IPv4 last 4) |
// | 3 groups | record size (2; 80, more in a higher minor version), first (2), total (2), reserved (2), records |
// | 4 health | per group that has something to say: 24 bytes, then 16 for each of its moves |
//
// `first` and `total` say which of the beat's groups these are. A group's record:
//
// | offset | size | field | meaning |
// |-|-|-|-|
// | 0 | 8 | identity | FNV-1a of the name |
// | 8 | 1 | phase | `GroupPhase`; unknown reads as `unknown` |
// | 9 | 1 | claim | `ClaimKind`; unknown reads as `evidence` |
// | 10 | 1 | fitness | `Fitness`; unknown reads as `unknown` |
// | 11 | 1 | refusal | `Refusal`; unknown reads as `busy` |
// | 12 | 1 | replication | `ReplicationState`; unknown reads as `unknown` |
// | 13 | 1 | flags | bit 0 late, 1 has started storage, 2 prefers the sender, 3 epoch doubtful |
// | 14 | 2 | reserved | 0, ignored |
// | 16 | 8 | epoch | |
// | 24 | 8 | offer | |
// | 32 | 8 | declined | |
// | 40 | 4 | request | |
// | 44 | 4 | refused request | |
// | 48 | 16 | data generation | |
// | 64 | 8 | storage digest | |
// | 72 | 8 | address digest | |
//
// A record of section 4; instants travel as ages, for the clocks of two nodes have nothing in common:
//
// | offset | size | field | meaning |
// |-|-|-|-|
// | 0 | 2 | place | which group of this datagram, from 0 |
// | 2 | 1 | moves | how many follow |
// | 3 | 1 | flags | bit 0 frozen, 1 without an end |
// | 4 | 4 | freeze stamp | |
// | 8 | 8 | remaining | ns of the freeze, below 2^63 |
// | 16 | 8 | cleared through | epoch |
// | 24… | 8 | epoch | of a move on health grounds |
// | 32… | 4 | age | s |
// | 36… | 1 | flags | bit 0 the sender gave the group up |
// | 37… | 3 | reserved | 0, ignored |
//
// A value that a newer sender knows and we do not reads as the one that permits least, so that nodes
// of two minor versions can work together during a rolling upgrade.

internal import Failover

/// The numbers of the table above.
enum Layout {
    static let magic: UInt32 = 0x4241_544e
    static let major: UInt8 = 1
    static let minor: UInt8 = 1

    static let keyID = 6
    static let tagLength = 7
    static let signedLength = 8
    static let fixedLength = 10
    static let kind = 12
    static let flags = 13
    static let link = 14
    static let knownKeys = 16
    static let part = 18
    static let parts = 20
    static let sequence = 24
    static let clock = 32
    static let counter = 40
    static let nonce = 48
    static let bootID = 56
    static let echo = 72
    static let candidateEcho = 96
    static let challenge = 120
    static let response = 128
    static let deadtime = 136
    static let earliestTake = 144
    static let lease = 152
    static let pingsAnswering = 160
    /// The length of the fixed part in this minor version.
    static let fixedCount = 176

    static let sectionHeader = 4
    static let namesSection: UInt8 = 1
    static let addressesSection: UInt8 = 2
    static let groupsSection: UInt8 = 3
    static let healthSection: UInt8 = 4
    static let healthCount = 24
    static let moveCount = 16
    static let nameMaximum = 100
    static let addressCount = 24
    static let groupsHeader = 8
    static let groupCount = 80

    static let leavingFlag: UInt8 = 1
    static let lateFlag: UInt8 = 1
    static let storageFlag: UInt8 = 2
    static let prefersFlag: UInt8 = 4
    static let doubtfulFlag: UInt8 = 8
    static let frozenFlag: UInt8 = 1
    static let endlessFlag: UInt8 = 2
    static let sendersFlag: UInt8 = 1

    /// The content of a names section.
    static func names(cluster: String, sender: NodeName, receiver: NodeName) -> [UInt8] {
        [cluster, sender.text, receiver.text].flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
    }
}

/// The fixed part of a datagram as values, and where its sections lie.
struct Envelope: Equatable {
    var kind: BeatKind = .alive
    var isLeaving = false
    var link: Int = 0
    var knownKeys: UInt16 = 0
    var part: UInt16 = 0
    var parts: UInt16 = 1
    var sequence: UInt64 = 0
    var clock = Instant(nanoseconds: 0)
    var incarnation = Incarnation(counter: 0, nonce: 0)
    var bootID = BootID(high: 0, low: 0)
    var echo = NonceEcho()
    var candidateEcho = NonceEcho()
    var challenge: UInt64 = 0
    var response: UInt64 = 0
    var deadtime: Duration = .zero
    var earliestTake: Duration = .zero
    var pingsAnswering: UInt8 = 0
    /// Content of the sections in the datagram; empty when a section is absent.
    var names = 0..<0
    var addresses = 0..<0
    var groups = 0..<0
    var health = 0..<0
    /// The size of a group's record; 80 or more.
    var groupCount = Layout.groupCount
}

/// An echo with the nonce it belongs to; nonce 0 for none.
struct NonceEcho: Equatable {
    var nonce: UInt64 = 0
    var sequence: UInt64 = 0
    var age: Duration = .zero
}

// The bytes of version 1: fixed images, every truncation, every flipped bit, and noise.

import Failover
import Testing

@testable import Wire

/// Packed by hand from the table in Layout.swift; the tag by another program's HMAC.
private let image = bytes(
    """
    4241544e                            # 0   magic BATN
    01 01                               # 4   version 1.1
    01 20                               # 6   key 1, tag of 32 bytes
    018b 00b0                           # 8   395 signed bytes, 176 fixed
    01 01 01 00                         # 12  alive, leaving, link 1
    0006 0000 0001 0000                 # 16  knows keys 1 and 2, part 0 of 1
    0000000000000001                    # 24  sequence 1
    000000012a05f200                    # 32  clock 5 s
    0000000000000007                    # 40  incarnation: counter 7
    1122334455667788                    # 48               nonce
    a0a1a2a3a4a5a6a7a8a9aaabacadaeaf    # 56  boot id
    99aabbccddeeff01                    # 72  echo: nonce
    0000000000000003                    # 80        sequence 3
    000000000ee6b280                    # 88        250 ms ago
    0000000000000000 0000000000000000 0000000000000000 # 96 no candidate
    0000000000000051 0000000000000052   # 120 challenge, response
    00000000b2d05e00                    # 136 deadtime 3 s
    0000000077359400                    # 144 earliest take 2 s
    0000000000000000                    # 152 lease
    00000000000000000000000000000000    # 160 reserved
    01 00 000b                          # 176 names, 11 bytes
    04 64656d6f 02 6c30 02 6c31         # 180 demo l0 l1
    02 00 0030                          # 191 addresses, 48 bytes
    04 00 020000000001 000000000000000000000000 0a000001 # 195 10.0.0.1
    06 00 020000000002 20010db8000000000000000000000001  # 219 2001:db8::1
    03 00 0058                          # 243 groups, 88 bytes
    0050 0000 0001 0000                 # 247 80 each, from 0 of 1
    0102030405060708                    # 255 identity
    04 01 01 02 01 07 0000              # 263 active, offer, fit, meaningDiffers, inSync, all flags
    0000000000000009                    # 271 epoch
    000000000000000a                    # 279 offer
    000000000000000b                    # 287 declined
    0000000c 0000000d                   # 295 request, refused request
    000000000000000e 000000000000000f   # 303 generation
    0000000000000010 0000000000000011   # 319 digests
    04 00 0038                          # 335 health, 56 bytes
    0000 02 01 00000005                 # 339 group 0, two moves, frozen, stamp 5
    0000000077359400                    # 347 for 2 s
    0000000000000006                    # 355 cleared through 6
    0000000000000007 0000003c 01 000000 # 363 at 7, 60 s ago, by the sender
    0000000000000008 0000001e 00 000000 # 379 at 8, 30 s ago, by the receiver
    c2830a550614d77b0a6c88cba2f42e1d6d33c4e519560d787b74b1c416891775 # 395 tag
    """
)

private func imageReport() -> GroupReport {
    var report = GroupReport(group: GroupIdentity(value: 0x0102_0304_0506_0708))
    report.phase = .active
    report.claim = .offer
    report.fitness = .fit
    report.refusal = .meaningDiffers
    report.replication = .inSync
    report.isLate = true
    report.hasStartedStorage = true
    report.prefersSender = true
    report.epoch = 9
    report.offer = 10
    report.declined = 11
    report.request = 12
    report.refusedRequest = 13
    report.generation = DataGeneration(high: 14, low: 15)
    report.storageDigest = 16
    report.addressDigest = 17
    report.health.clearedThrough = 6
    report.health.moves = [
        HealthMove(epoch: 7, isSenders: true, age: .seconds(60)),
        HealthMove(epoch: 8, isSenders: false, age: .seconds(30)),
    ]
    report.health.freezeStamp = 5
    report.health.isFrozen = true
    report.health.freezeRemaining = .seconds(2)
    return report
}

private func imageContent() -> BeatContent {
    BeatContent(
        kind: .alive,
        isLeaving: true,
        deadtime: .seconds(3),
        earliestTake: .seconds(2),
        challenge: 0x51,
        response: 0x52,
        addresses: [
            OwnAddress(address: IPAddress(ipv4: (10, 0, 0, 1)), mac: MACAddress(0x0200_0000_0001)),
            OwnAddress(
                address: IPAddress(ipv6High: 0x2001_0db8_0000_0000, low: 1),
                mac: MACAddress(0x0200_0000_0002)
            ),
        ],
        groups: [imageReport()]
    )
}

private let imageKeys = [
    secret, AuthenticationKey(id: 2, method: .sha1, secret: Array("other".utf8)),
]

/// l0 as the image's sender.
private func imageSender() throws -> Session {
    var session = try Session(
        cluster: "demo",
        node: NodeName("l0"),
        peer: NodeName("l1"),
        bootID: BootID(high: 0xa0a1_a2a3_a4a5_a6a7, low: 0xa8a9_aaab_acad_aeaf),
        incarnation: Incarnation(counter: 7, nonce: 0x1122_3344_5566_7788),
        authentication: .hmac(try Keyring(keys: imageKeys, signing: 1))
    )
    session.current = HeardIncarnation(
        incarnation: Incarnation(counter: 1, nonce: 0x99aa_bbcc_ddee_ff01),
        highest: 3,
        heardAt: moment(4750),
        heardAtSeal: 0,
        knownKeys: 0x6
    )
    return session
}

/// l1 as the image's receiver.
private func imageReceiver() throws -> Session {
    var session = try Session(
        cluster: "demo",
        node: NodeName("l1"),
        peer: NodeName("l0"),
        bootID: BootID(high: 0, low: 0),
        incarnation: Incarnation(counter: 1, nonce: 0x99aa_bbcc_ddee_ff01),
        authentication: .hmac(try Keyring(keys: imageKeys, signing: 1))
    )
    session.sequence = 3
    return session
}

/// Signs a changed datagram again, as only a holder of the key can.
private func resigned(_ datagram: [UInt8], _ change: (inout [UInt8]) -> Void) throws -> [UInt8] {
    var body = Array(datagram.dropLast(32))
    change(&body)
    let length = body.count
    body.put(UInt16(length), at: Layout.signedLength)
    body += [UInt8](repeating: 0, count: 32)
    #expect(try MACContext(secret).sign(&body, length: length))
    return body
}

@Suite("Datagrams") struct DatagramTests {
    @Test func `A beat has the bytes of the image`() throws {
        var session = try imageSender()
        let sealed = session.seal(imageContent(), link: 1, at: moment(5000))
        #expect(sealed.map { hex($0) } == [hex(image)])
    }

    @Test func `The image is read as the beat it was made of`() throws {
        var session = try imageReceiver()
        let expected = Beat(
            content: imageContent(),
            bootID: BootID(high: 0xa0a1_a2a3_a4a5_a6a7, low: 0xa8a9_aaab_acad_aeaf),
            incarnation: Incarnation(counter: 7, nonce: 0x1122_3344_5566_7788),
            sequence: 1,
            clock: moment(5000),
            echo: Echo(sequence: 3, age: .milliseconds(250))
        )
        #expect(session.open(image, link: 0, at: moment(9)) == .accepted(expected))
    }

    @Test func `A datagram of version 1.0 is read, and says nothing of moves on health grounds`()
        throws
    {
        var session = try imageReceiver()
        // The image without section 4 is that of version 1.0, its tag by another program's HMAC too.
        let minorZeroImage = try resigned(image) {
            $0[5] = 0
            $0.removeLast(60)
        }
        let tag = bytes("a070033a6fc22dd1045e2c4438db9a379f6ab67b60673f3058208ea7f72c76ec")
        #expect(minorZeroImage.suffix(32) == tag[...])
        guard case .accepted(let beat) = session.open(minorZeroImage, link: 0, at: moment(9)) else {
            Issue.record("not accepted")
            return
        }
        var expected = imageReport()
        expected.health = HealthWord()
        #expect(beat.content.groups == [expected])
    }

    @Test func `A hundred groups with all there is to say fit into packets, each group once`()
        throws
    {
        var sender = try imageSender()
        var receiver = try imageReceiver()
        var content = imageContent()
        content.groups = (0..<100).map { number in
            var report = imageReport()
            report.group = GroupIdentity(value: UInt64(number))
            report.health.moves = (0..<HealthWord.movesMaximum).map {
                HealthMove(epoch: UInt64($0) + 7, isSenders: $0 % 2 == 0, age: .seconds($0))
            }
            if number % 3 == 0 { report.health = HealthWord() }
            return report
        }
        var read: [GroupReport] = []
        let datagrams = sender.seal(content, link: 1, at: moment(5000))
        for datagram in datagrams {
            #expect(datagram.count <= Session.datagramMaximum)
            guard case .accepted(let beat) = receiver.open(datagram, link: 0, at: moment(9)) else {
                Issue.record("not accepted")
                continue
            }
            read += beat.content.groups
        }
        #expect(read == content.groups)
    }

    @Test func `A section of health whose records do not fit is malformed`() throws {
        // The count of moves; 3 where there are two.
        let many = try resigned(image) { $0[341] = 3 }
        let few = try resigned(image) { $0[341] = 1 }
        let negative = try resigned(image) { $0[347] = 0x80 }
        for datagram in [many, few, negative] {
            var session = try imageReceiver()
            #expect(session.open(datagram, link: 0, at: moment(9)) == .malformed)
        }
        // A place that is none of the datagram's groups says nothing.
        var session = try imageReceiver()
        let elsewhere = try resigned(image) { $0[340] = 9 }
        guard case .accepted(let beat) = session.open(elsewhere, link: 0, at: moment(9)) else {
            Issue.record("not accepted")
            return
        }
        #expect(beat.content.groups.map(\.health) == [HealthWord()])
    }

    @Test func `Every truncation of a datagram is malformed`() throws {
        var session = try imageReceiver()
        for length in 0..<image.count {
            let verdict = session.open(Array(image[..<length]), link: 0, at: moment(9)).kind
            #expect(verdict == .malformed, "cut to \(length) bytes")
        }
        #expect(session.open(image + [0], link: 0, at: moment(9)) == .malformed)
        #expect(session.counters[.malformed] == UInt64(image.count + 1))
        #expect(session.open(image, link: 0, at: moment(9)).kind == .accepted)
    }

    @Test func `Every flipped bit is noticed, and nothing is applied`() throws {
        var session = try imageReceiver()
        var seen: [VerdictKind: Int] = [:]
        for bit in 0..<(image.count * 8) {
            var damaged = image
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            let verdict = session.open(damaged, link: 0, at: moment(9)).kind
            #expect(
                [.malformed, .unknownKey, .badMAC].contains(verdict),
                "bit \(bit % 8) of byte \(bit / 8): \(verdict)"
            )
            seen[verdict, default: 0] += 1
        }
        // 5 bytes of magic and version and 3 of the lengths are checked before the key; of the key
        // id's 8 neighbours none is key 2.
        #expect(seen == [.malformed: 64, .unknownKey: 8, .badMAC: 427 * 8 - 72])
        #expect(session.peerIncarnation == nil)
    }

    @Test func `A hundred groups travel in several datagrams, none longer than 1400 bytes`() throws
    {
        var (a, b) = try metPair()
        var said = content(groups: 100)
        for index in said.groups.indices { said.groups[index].epoch = UInt64(index) * 1000 }
        let sealed = a.session.seal(said, link: 0, at: moment(0))
        // 176 + names 15 + addresses 28 + header 12 + 14 groups of 80 + tag 32; the last has 2.
        #expect(sealed.map(\.count) == [Int](repeating: 1383, count: 7) + [423])
        var heard: [GroupReport] = []
        var sequences: [UInt64] = []
        for datagram in sealed {
            guard case .accepted(let beat) = b.session.open(datagram, link: 0, at: moment(0)) else {
                Issue.record("not accepted")
                return
            }
            #expect(beat.content.addresses == said.addresses)
            heard += beat.content.groups
            sequences.append(beat.sequence)
        }
        #expect(heard == said.groups)
        #expect(sequences == Array(3...10))
    }

    @Test func `With the longest names and all addresses a datagram still fits`() throws {
        let name = String(repeating: "n", count: 99)
        var session = try Session(
            cluster: name + "c",
            node: NodeName(name + "0"),
            peer: NodeName(name + "1"),
            bootID: BootID(high: 0, low: 0),
            incarnation: Incarnation(counter: 1, nonce: 1),
            authentication: .hmac(try Keyring(keys: [secret], signing: 1))
        )
        var said = content(groups: 100)
        said.addresses = [OwnAddress](repeating: said.addresses[0], count: 9)
        let sealed = session.seal(said, link: 31, at: moment(0))
        #expect(sealed.count == 13)
        #expect(sealed.allSatisfy { $0.count <= 1400 })
    }

    @Test(arguments: ["", String(repeating: "n", count: 101)])
    func `A name that does not fit is refused`(_ name: String) throws {
        #expect(throws: WireError.badName(name)) {
            try Session(
                cluster: name,
                node: NodeName("l0"),
                peer: NodeName("l1"),
                bootID: BootID(high: 0, low: 0),
                incarnation: Incarnation(counter: 1, nonce: 1),
                authentication: .hmac(try Keyring(keys: [secret], signing: 1))
            )
        }
    }

    @Test func `A newer minor version is read: longer fixed part, longer records, new sections`()
        throws
    {
        var session = try imageReceiver()
        let newer = try resigned(image) { body in
            body[5] = 1
            // From the end, so that earlier offsets stay: a new section, 8 more bytes in the group's
            // record, 8 more bytes in the fixed part, reserved bytes used.
            body += [77, 1, 0, 3, 1, 2, 3]
            body.insert(contentsOf: [UInt8](repeating: 9, count: 8), at: 335)
            body.put(UInt16(88), at: 247)
            body.put(UInt16(96), at: 245)
            body.insert(contentsOf: [UInt8](repeating: 9, count: 8), at: 176)
            body.put(UInt16(184), at: Layout.fixedLength)
            for index in 152..<176 { body[index] = 9 }
            body[Layout.flags] = 0xff
        }
        guard case .accepted(let beat) = session.open(newer, link: 0, at: moment(9)) else {
            Issue.record("not accepted")
            return
        }
        var content = imageContent()
        content.pingsAnswering = 9
        #expect(beat.content == content)
    }

    @Test func `A value of a newer version reads as the one that permits least`() throws {
        var session = try imageReceiver()
        let newer = try resigned(image) { body in
            body[Layout.kind] = 200
            for offset in 263..<268 { body[offset] = 200 }
        }
        guard case .accepted(let beat) = session.open(newer, link: 0, at: moment(9)) else {
            Issue.record("not accepted")
            return
        }
        let report = try #require(beat.content.groups.first)
        #expect(beat.content.kind == .daemonDown)
        #expect(report.phase == .unknown)
        #expect(report.claim == .evidence)
        #expect(report.fitness == .unknown)
        #expect(report.refusal == .busy)
        #expect(report.replication == .unknown)
    }

    @Test(
        "A signed datagram whose parts contradict each other is malformed",
        arguments: [
            (Layout.fixedLength, 2, 175), (Layout.fixedLength, 2, 336), (Layout.link, 1, 32),
            (Layout.part, 2, 1), (Layout.parts, 2, 0), (Layout.sequence + 7, 1, 0),
            (Layout.clock, 1, 0x80), (Layout.echo + 16, 1, 0x80),
            (Layout.candidateEcho + 16, 1, 0x80),
            (Layout.deadtime, 1, 0x80), (Layout.earliestTake, 1, 0x80), (176, 1, 9), (176, 1, 2),
            (178, 2, 12), (180, 1, 0), (180, 1, 101), (185, 1, 3), (193, 2, 47), (191, 1, 1),
            (195, 1, 5), (243, 1, 2), (245, 2, 87), (245, 2, 89), (247, 2, 79), (247, 2, 81),
        ]
    )
    func contradiction(_ offset: Int, _ count: Int, _ value: Int) throws {
        var session = try imageReceiver()
        let wrong = try resigned(image) { body in
            if count == 1 {
                body[offset] = UInt8(value)
            } else {
                body.put(UInt16(value), at: offset)
            }
        }
        #expect(session.open(wrong, link: 0, at: moment(9)) == .malformed)
    }

    @Test func `Noise under a right tag never stops the program`() throws {
        var generator = SeededGenerator(state: 4)
        var session = try imageReceiver()
        var kinds: Set<VerdictKind> = []
        for _ in 0..<5_000 {
            let wrong = try resigned(image) { body in
                for _ in 0..<Int.random(in: 1...6, using: &generator) {
                    let offset = Int.random(in: Layout.fixedLength..<body.count, using: &generator)
                    body[offset] = UInt8.random(in: 0...255, using: &generator)
                }
                if Int.random(in: 0..<3, using: &generator) == 0 {
                    body.removeLast(Int.random(in: 0...(body.count - 176), using: &generator))
                }
            }
            kinds.insert(session.open(wrong, link: 0, at: moment(9)).kind)
            _ = Dissector.describe(wrong)
        }
        #expect(kinds.isSuperset(of: [.malformed, .foreign, .candidate]))
        #expect(!kinds.contains(.badMAC) && !kinds.contains(.unknownKey))
    }

    @Test func `A name moves no terminal`() throws {
        var session = try Session(
            cluster: "a\u{9b}2J\u{1b}[m",
            node: NodeName("l0"),
            peer: NodeName("l1"),
            bootID: BootID(high: 1, low: 0),
            incarnation: Incarnation(counter: 1, nonce: 1),
            authentication: .hmac(try Keyring(keys: [secret], signing: 1))
        )
        let beat = session.seal(content(), link: 0, at: moment(1))[0]
        #expect(Dissector.describe(beat).contains(" cluster          a?2J?[m\n"))
    }

    @Test func `Random bytes are never more than counted`() throws {
        var generator = SeededGenerator(state: 5)
        var session = try imageReceiver()
        for _ in 0..<5_000 {
            var noise = (0..<Int.random(in: 0...1500, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            // Half of them look like ours at the beginning.
            if noise.count > 12, Bool.random(using: &generator) {
                for index in 0..<8 { noise[index] = image[index] }
                noise.put(UInt16(noise.count & 0xffff) &- 32, at: Layout.signedLength)
            }
            let verdict = session.open(noise, link: 99, at: moment(9)).kind
            #expect([.malformed, .badMAC, .unknownKey].contains(verdict))
            _ = Dissector.describe(noise)
        }
        #expect(session.counters[.badMAC] > 500)
        #expect(session.linkCounters[Session.linkMaximum - 1] == session.counters)
        #expect(session.peerIncarnation == nil)
    }

    @Test func `The dissector tells each field`() throws {
        let keyring = try Keyring(keys: imageKeys, signing: 1)
        #expect(
            Dissector.describe(image, keyring: keyring) == """
                        heartbeat        427 bytes
                     4  version          1.1
                     6  key              1
                     8  signed           395 bytes
                    12  kind             alive, leaving
                    14  link             1
                    16  known keys       1 2
                    18  part             1 of 1
                    24  sequence         1
                    32  clock            5000000000 ns
                    40  incarnation      7.1122334455667788
                    56  boot id          a0a1a2a3a4a5a6a7a8a9aaabacadaeaf
                    72  echo             99aabbccddeeff01, sequence 3, 250000000 ns ago
                    96  candidate echo   none
                   120  challenge        0000000000000051
                   128  response         0000000000000052
                   136  deadtime         3000000000 ns
                   144  earliest take    2000000000 ns
                   160  ping nodes       0
                   180  cluster          demo
                   180  from, to         l0 -> l1
                   195  address          10.0.0.1 02:00:00:00:00:01
                   219  address          2001:db8::1 02:00:00:00:00:02
                   247  groups           1 from 0 of 1
                   255  group            0102030405060708 active epoch 9, claim offer, fitness fit, \
                offer 10, declined 11, request 12, refused 13 (meaningDiffers), replication inSync, \
                generation 000000000000000e000000000000000f, digests 0000000000000010 0000000000000011, \
                late, has started storage, prefers sender, cleared through 6, \
                move at 7 by sender 60000000000 ns ago, move at 8 by receiver 30000000000 ns ago, \
                freeze 5, frozen for 2000000000 ns
                   395  tag              c2830a550614d77b0a6c88cba2f42e1d6d33c4e519560d787b74b1c416891775 \
                (right)

                """
        )
        #expect(
            Dissector.describe([1, 2, 255]) == """
                        not a heartbeat  3 bytes, not of version 1 or cut
                     0  bytes            0102ff

                """
        )
    }
}

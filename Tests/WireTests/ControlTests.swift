// Control lines and the durable record's file: round trips, exact bytes, and each fault by its name.

import Failover
import Testing

@testable import Wire

private let requests: [(ControlRequest, String)] = [
    (.ping, #"{"verb":"ping"}"#),
    (.version, #"{"verb":"version"}"#),
    (.status, #"{"verb":"status"}"#),
    (.monitors(nil), #"{"verb":"monitors"}"#),
    (.monitors("servers/agg0"), #"{"name":"servers/agg0","verb":"monitors"}"#),
    (.peerStatus, #"{"verb":"peer-status"}"#),
    (.peerFiles, #"{"verb":"peer-files"}"#),
    (.explain(nil), #"{"verb":"explain"}"#),
    (.explain(GroupName("10.0.0.9")), #"{"group":"10.0.0.9","verb":"explain"}"#),
    (.peerExplain(GroupName("10.0.0.9")), #"{"group":"10.0.0.9","verb":"peer-explain"}"#),
    (.replicas(nil), #"{"verb":"replicas"}"#),
    (.peerReplicas("r0"), #"{"resource":"r0","verb":"peer-replicas"}"#),
    (
        .outdatePeer(resource: "r0", peers: ["l1"]),
        #"{"peers":["l1"],"resource":"r0","verb":"outdate-peer"}"#
    ),
    (.standby(.all), #"{"scope":"all","verb":"standby"}"#),
    (
        .standby(.all, cause: "servers/agg0"),
        #"{"cause":"servers/agg0","scope":"all","verb":"standby"}"#
    ),
    (.clear(.all), #"{"scope":"all","verb":"clear"}"#),
    (
        .freeze(.all, seconds: 7200, by: "anna", reason: "new \"disks\""),
        #"{"by":"anna","reason":"new \"disks\"","scope":"all","seconds":7200,"verb":"freeze"}"#
    ),
    (
        .freeze(.group(GroupName("10.0.0.9")), seconds: nil, by: "", reason: ""),
        #"{"by":"","group":"10.0.0.9","reason":"","scope":"group","verb":"freeze"}"#
    ),
    (.thaw(.local), #"{"scope":"local","verb":"thaw"}"#),
    (
        .monitorsDisable(["servers", "db/mysql"]),
        #"{"names":["servers","db/mysql"],"verb":"monitors-disable"}"#
    ),
    (.monitorsEnable(["servers"]), #"{"names":["servers"],"verb":"monitors-enable"}"#),
    (.standby(.local), #"{"scope":"local","verb":"standby"}"#),
    (.takeover(.foreign), #"{"scope":"foreign","verb":"takeover"}"#),
    (.takeover(.failback), #"{"scope":"failback","verb":"takeover"}"#),
    (
        .takeover(.group(GroupName("drbddisk::r0"))),
        #"{"group":"drbddisk::r0","scope":"group","verb":"takeover"}"#
    ),
    (.failback, #"{"verb":"failback"}"#),
    (
        .confirmDown(node: NodeName("l1"), typed: "l\"1"),
        #"{"node":"l1","typed":"l\"1","verb":"confirm-down"}"#
    ),
    (.reload(exec: true), #"{"exec":true,"verb":"reload"}"#),
]

private func status() -> Status {
    Status(
        node: "l0",
        incarnation: "5.a005",
        peer: PeerStatus(
            name: "l1",
            state: .alive,
            lastHeardMilliseconds: 12,
            incarnation: "5.b005"
        ),
        links: [LinkStatus(name: "bcast eth1", kind: .configured, state: .up)],
        groups: [
            GroupStatus(
                name: "10.0.0.9",
                state: .failed,
                owner: nil,
                epoch: UInt64.max,
                preferred: "l0",
                fit: false,
                unfitReason: "start failed",
                resources: [
                    ResourceStatus(
                        name: "IPaddr::10.0.0.9/24",
                        type: "IPaddr",
                        state: .failed,
                        since: 5,
                        lastOperationMilliseconds: 7,
                        failure: OperationFailure(exitCode: 1, output: "no device\n\u{1}é")
                    )
                ]
            )
        ],
        protection: ProtectionStatus(level: .evidence, gaps: ["one network"]),
        monitors: [
            MonitorStatus(
                name: "servers/agg0",
                state: .failing,
                action: .standby,
                summary: "10.0.0.9",
                consecutiveFailures: 1,
                sinceMilliseconds: 1500,
                lastRunMilliseconds: 1500,
                lastRunTookMilliseconds: 3,
                lastRunResult: .failed,
                nextRunMilliseconds: 8500,
                groups: ["10.0.0.9"],
                history: [
                    MonitorRunStatus(
                        agoMilliseconds: 1500,
                        tookMilliseconds: 3,
                        result: .failed,
                        summary: "10.0.0.9"
                    )
                ]
            )
        ],
        lastMove: nil,
        reason: "a start failed",
        nextStep: "baton status",
        counters: ["accepted": UInt64.max]
    )
}

@Suite("Control") struct ControlTests {
    @Test(arguments: requests)
    func `A request has its line and comes back`(_ request: ControlRequest, _ line: String) throws {
        #expect(String(decoding: ControlCoding.encode(request), as: UTF8.self) == line + "\n")
        #expect(try ControlCoding.decodeRequest(ControlCoding.encode(request)) == request)
        #expect(try ControlCoding.decodeRequest(Array(line.utf8)) == request)
    }

    @Test func `Only questions are read verbs`() {
        let reads = requests.map(\.0).filter(\.isRead).map(\.verb)
        #expect(
            reads == [
                .ping, .version, .status, .monitors, .monitors, .peerStatus, .explain, .explain,
                .peerExplain, .replicas, .peerReplicas,
            ]
        )
    }

    @Test(
        arguments: [
            (.progress("stopping \"x\""), #"{"text":"stopping \"x\"","type":"progress"}"#),
            (
                .reply(CommandReply(outcome: .refused, text: "S7: l1 is not fit")),
                #"{"outcome":1,"text":"S7: l1 is not fit","type":"reply"}"#
            ),
            (.version("0.1"), #"{"type":"version","version":"0.1"}"#),
            (
                .files(NodeFiles(node: "l1", haCf: nil, haresources: nil, monCf: nil, keys: nil)),
                #"{"files":{"node":"l1"},"type":"files"}"#
            ),
            (
                .error(ControlError(.noAnswer, "l1 does not answer")),
                #"{"code":"noAnswer","text":"l1 does not answer","type":"error"}"#
            ),
            (
                .error(ControlError(.busy, "too many commands")),
                #"{"code":"busy","text":"too many commands","type":"error"}"#
            ),
        ] as [(ControlResponse, String)]
    )
    func `A response has its line and comes back`(_ response: ControlResponse, _ line: String)
        throws
    {
        #expect(String(decoding: ControlCoding.encode(response), as: UTF8.self) == line + "\n")
        #expect(try ControlCoding.decodeResponse(Array(line.utf8)) == response)
    }

    @Test func `A status comes back whole, on one line`() throws {
        let line = ControlCoding.encode(ControlResponse.status(status()))
        #expect(line.filter { $0 == 10 }.count == 1)
        #expect(try ControlCoding.decodeResponse(line) == .status(status()))
        #expect(ControlCoding.text(status()).contains("\n  \"node\" : \"l0\",\n"))
    }

    @Test func `The other node's view is beside the own values, or why there is none`() {
        var peer = status()
        peer.node = "l1"
        let both = ControlCoding.text(status(), peerView: .success(peer))
        #expect(both.contains("\n  \"node\" : \"l0\",\n"))
        #expect(both.contains("\n  \"peerView\" : {\n"))
        #expect(both.contains("\n    \"node\" : \"l1\",\n"))
        #expect(!both.contains("peerViewReason"))
        let alone = ControlCoding.text(
            status(),
            peerView: .failure(ControlError(.noAnswer, "l1 does not answer"))
        )
        #expect(alone.contains("\n  \"peerViewReason\" : \"l1 does not answer\",\n"))
        #expect(!alone.contains("\"peerView\" :"))
    }

    @Test func `An explanation comes back whole`() throws {
        let explanation = Explanation(
            of: status(),
            decisions: [
                Decision(
                    agoMilliseconds: 1500,
                    notice: Notice(
                        severity: .info,
                        code: .groupMoved,
                        group: GroupName("10.0.0.9"),
                        text: "starting -> active",
                        reason: Reason(.S3b, "l1 offered it")
                    )
                )
            ]
        )
        let line = ControlCoding.encode(.explanation(explanation))
        #expect(line.filter { $0 == 10 }.count == 1)
        #expect(try ControlCoding.decodeResponse(line) == .explanation(explanation))
    }

    @Test func `A monitor's fields keep their names`() {
        let text = ControlCoding.text(status())
        let expected = """
              "monitors" : [
                {
                  "action" : "standby",
                  "consecutiveFailures" : 1,
                  "groups" : [
                    "10.0.0.9"
                  ],
                  "history" : [
                    {
                      "agoMilliseconds" : 1500,
                      "result" : "failed",
                      "summary" : "10.0.0.9",
                      "tookMilliseconds" : 3
                    }
                  ],
                  "isRunning" : false,
                  "lastRunMilliseconds" : 1500,
                  "lastRunResult" : "failed",
                  "lastRunTookMilliseconds" : 3,
                  "name" : "servers/agg0",
                  "nextRunMilliseconds" : 8500,
                  "sinceMilliseconds" : 1500,
                  "state" : "failing",
                  "summary" : "10.0.0.9"
                }
              ],
            """
        #expect(text.contains(expected), "\(text)")
    }

    @Test func `Exactly the progress lines are not final`() {
        #expect(!ControlResponse.progress("").isFinal)
        #expect(ControlResponse.version("").isFinal)
        #expect(ControlResponse.error(ControlError(.busy, "")).isFinal)
        #expect(ControlResponse.reply(CommandReply(outcome: .done, text: "")).isFinal)
        #expect(ControlResponse.status(status()).isFinal)
    }

    @Test(arguments: [
        ("", ControlError.Code.notJSON, "a line is not a JSON object"),
        ("standby", .notJSON, "a line is not a JSON object"),
        ("[1]", .notJSON, "a line is not a JSON object"),
        ("7", .notJSON, "a line is not a JSON object"),
        ("{", .notJSON, "a line is not a JSON object"),
        ("{}", .badField, #"the field "verb" is missing"#),
        (#"{"verb":7}"#, .badField, #"the field "verb" has a wrong type"#),
        (#"{"verb":null}"#, .badField, #"the field "verb" has a wrong type"#),
        (
            #"{"verb":"explode"}"#, .unknownVerb,
            #"there is no verb "explode"; verbs: "#
                + "ping version status monitors explain standby takeover failback clear freeze thaw "
                + "reload replicas peer-replicas peer-status peer-files peer-explain outdate-peer confirm-down monitors-disable monitors-enable"
        ),
        (#"{"verb":"standby"}"#, .badField, #"the field "scope" is missing"#),
        (
            #"{"verb":"standby","scope":"most"}"#, .badField,
            #"there is no scope "most"; scopes: all local foreign failback group"#
        ),
        (#"{"verb":"standby","scope":"group"}"#, .badField, #"the field "group" is missing"#),
        (#"{"verb":"confirm-down","node":"l1"}"#, .badField, #"the field "typed" is missing"#),
        (#"{"verb":"clear"}"#, .badField, #"the field "scope" is missing"#),
        (#"{"verb":"freeze","scope":"all"}"#, .badField, #"the field "by" is missing"#),
        (
            #"{"verb":"freeze","scope":"all","seconds":0,"by":"","reason":""}"#, .badField,
            "a freeze lasts 1 to 31622400 seconds"
        ),
        (
            #"{"verb":"freeze","scope":"all","seconds":31622401,"by":"","reason":""}"#, .badField,
            "a freeze lasts 1 to 31622400 seconds"
        ),
        (#"{"verb":"monitors-disable"}"#, .badField, #"the field "names" is missing"#),
        (
            #"{"verb":"monitors-enable","names":[]}"#, .badField,
            "there must be 1 to 1000 names"
        ),
        (
            #"{"verb":"monitors-enable","names":"all"}"#, .badField,
            #"the field "names" has a wrong type"#
        ),
        (#"{"verb":"monitors","name":[]}"#, .badField, #"the field "name" has a wrong type"#),
        (#"{"verb":"reload","exec":"yes"}"#, .badField, #"the field "exec" has a wrong type"#),
    ])
    func `A faulty request is refused by name`(
        _ line: String,
        _ code: ControlError.Code,
        _ text: String
    ) {
        #expect(throws: ControlError(code, text)) {
            try ControlCoding.decodeRequest(Array(line.utf8))
        }
    }

    @Test func `A response this program does not know is an error, not a crash`() {
        #expect(
            throws: ControlError(.badField, #"the field "outcome" has a value that does not exist"#)
        ) {
            try ControlCoding.decodeResponse(
                Array(#"{"type":"reply","outcome":77,"text":""}"#.utf8)
            )
        }
        #expect(
            throws: ControlError(
                .unknownVerb,
                #"the daemon answered with "song", which this program does not know"#
            )
        ) {
            try ControlCoding.decodeResponse(Array(#"{"type":"song"}"#.utf8))
        }
    }

    @Test func `Noise is refused, and deep nesting too`() {
        var generator = SeededGenerator(state: 7)
        let nested = [UInt8](repeating: UInt8(ascii: "["), count: 60_000)
        #expect(throws: ControlError.self) { try ControlCoding.decodeRequest(nested) }
        let key = Array(#"{"verb":"#.utf8)
        #expect(throws: ControlError.self) { try ControlCoding.decodeRequest(key + nested) }
        for _ in 0..<2000 {
            let noise = (0..<Int.random(in: 0...60, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            #expect(throws: ControlError.self) { try ControlCoding.decodeRequest(noise) }
        }
    }

    @Test func `A line of 65536 bytes is read, one more is too long`() throws {
        let head = Array(#"{"verb":"confirm-down","node":"l1","typed":""#.utf8)
        let tail = Array(#""}"#.utf8)
        func line(_ count: Int) -> [UInt8] {
            head + [UInt8](repeating: 97, count: count - head.count - tail.count) + tail
        }
        #expect(try ControlCoding.decodeRequest(line(65_536)).verb == .confirmDown)
        let tooLong = ControlError(.lineTooLong, "a line is longer than 65536 bytes")
        #expect(throws: tooLong) { try ControlCoding.decodeRequest(line(65_537)).verb }
        var lines = ControlLines()
        lines.append(line(65_536) + [10] + line(65_537))
        #expect(try lines.next()?.count == 65_536)
        #expect(throws: tooLong) { try lines.next() }
    }

    @Test func `Lines come out whole however the bytes come in`() throws {
        let text = Array("one\n\ntwo\r\nthree\nfour".utf8)
        for size in 1...text.count {
            var lines = ControlLines(maximum: 5)
            var found: [String] = []
            for begin in stride(from: 0, to: text.count, by: size) {
                lines.append(text[begin..<min(begin + size, text.count)])
                while let line = try lines.next() {
                    found.append(String(decoding: line, as: UTF8.self))
                }
            }
            #expect(found == ["one", "", "two\r", "three"], "\(size) bytes at a time")
        }
    }
}

private func record() -> DurableRecord {
    DurableRecord(
        bootID: BootID(high: UInt64.max, low: 1 << 63),
        incarnationCounter: UInt64.max - 1,
        peerHeardThisBoot: true,
        peerAddresses: content().addresses,
        calibrated: [
            CalibratedProbe(
                address: IPAddress(ipv6High: 0x2001_0db8_0000_0000, low: 1),
                device: "eth0",
                mac: MACAddress(0xffff_ffff_ffff)
            )
        ],
        claims: [
            ClaimRecord(
                group: GroupName("10.0.0.9").identity,
                epoch: 7,
                intent: .reserved,
                kind: .evidence,
                heldThisBoot: false
            )
        ]
    )
}

@Suite("Durable record") struct RecordCodingTests {
    @Test func `A record comes back, its largest numbers exact`() throws {
        let file = RecordCoding.encode(record())
        #expect(try RecordCoding.decode(file) == record())
        #expect(file == RecordCoding.encode(record()))
        let head = String(decoding: file.prefix { $0 != 10 }, as: UTF8.self)
        #expect(head.hasPrefix("baton-record 1 \(file.count - head.utf8.count - 1) "))
    }

    @Test func `Every truncation is torn, and the empty file empty`() {
        let file = RecordCoding.encode(record())
        #expect(throws: RecordError.empty) { try RecordCoding.decode([]) }
        for length in 1..<file.count {
            #expect(throws: RecordError.torn, "cut to \(length)") {
                try RecordCoding.decode(Array(file[..<length]))
            }
        }
        // A file system may leave zeros where the data did not arrive.
        let zeros = file[..<40] + [UInt8](repeating: 0, count: file.count - 40)
        #expect(throws: RecordError.torn) { try RecordCoding.decode(Array(zeros)) }
    }

    @Test func `No flipped bit gives another record`() {
        let file = RecordCoding.encode(record())
        for bit in 0..<(file.count * 8) {
            var damaged = file
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: RecordError.self, "bit \(bit)") { try RecordCoding.decode(damaged) }
        }
    }

    @Test func `Other files and other versions are named`() {
        #expect(throws: RecordError.foreign) { try RecordCoding.decode(Array("{}".utf8)) }
        #expect(throws: RecordError.otherVersion(2)) {
            try RecordCoding.decode(Array("baton-record 2 0 0\n".utf8))
        }
        #expect(
            RecordError.otherVersion(2).description
                == "the durable record has version 2, this program writes 1"
        )
        #expect(throws: RecordError.foreign) {
            try RecordCoding.decode([UInt8](repeating: 0, count: 100))
        }
    }
}

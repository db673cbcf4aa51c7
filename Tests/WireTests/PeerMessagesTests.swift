// The peer channel's lines, the keys it makes, and the messages between the loop and `batond-peer`.

import Failover
import Testing

@testable import Wire

private func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef")
    return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
}

@Suite("The peer channel's lines")
struct PeerMessagesTests {
    @Test("A hello and the requests have exactly these bytes")
    func bytes() throws {
        let hello = PeerHello(cluster: "baton", from: "l0", to: "l1")
        #expect(
            String(decoding: PeerCoding.encode(hello), as: UTF8.self)
                == #"{"cluster":"baton","from":"l0","protocol":1,"to":"l1"}"# + "\n"
        )
        #expect(try PeerCoding.decodeHello(PeerCoding.encode(hello)) == hello)
        for (request, line) in [
            (PeerRequest.status, #"{"verb":"status"}"#),
            (.files, #"{"verb":"files"}"#),
            (.explain(nil), #"{"verb":"explain"}"#),
            (.explain(GroupName("10.0.0.9")), #"{"group":"10.0.0.9","verb":"explain"}"#),
            (.replicas(resource: nil), #"{"verb":"replicas"}"#),
            (.outdate(resource: "r0"), #"{"resource":"r0","verb":"outdate"}"#),
        ] {
            #expect(String(decoding: PeerCoding.encode(request), as: UTF8.self) == line + "\n")
            #expect(try PeerCoding.decodeRequest(Array(line.utf8)) == request)
        }
    }

    @Test(
        "Faults have names",
        arguments: [
            ("", ControlError.Code.notJSON), ("[]", .notJSON), ("{}", .badField),
            (#"{"verb":"outdate"}"#, .badField), (#"{"resource":"","verb":"outdate"}"#, .badField),
            (#"{"verb":"standby"}"#, .unknownVerb), (#"{"group":7,"verb":"explain"}"#, .badField),
            (#"{"verb":"status"}"# + String(repeating: " ", count: 4096), .lineTooLong),
        ]
    )
    func faults(line: String, code: ControlError.Code) {
        #expect(throws: ControlError.self) { try PeerCoding.decodeRequest(Array(line.utf8)) }
        do throws(ControlError) {
            _ = try PeerCoding.decodeRequest(Array(line.utf8))
        } catch {
            #expect(error.code == code)
        }
    }

    @Test("A hello is from the peer of this node, to this node, of this cluster")
    func objections() {
        let own = PeerHello(cluster: "baton", from: "l1", to: "l0")
        var other = PeerHello(cluster: "baton", from: "l0", to: "l1")
        #expect(own.objection(to: other) == nil)
        other.protocol = 2  // a newer daemon speaks the older version with us
        #expect(own.objection(to: other) == nil)
        other.protocol = 0
        #expect(own.objection(to: other) == "speaks version 0")
        other = PeerHello(cluster: "baton", from: "l1", to: "l0")
        #expect(own.objection(to: other) != nil)
        other = PeerHello(cluster: "else", from: "l0", to: "l1")
        #expect(own.objection(to: other)?.contains(#""else""#) == true)
    }

    @Test("A question is answered by its own kind or an error")
    func kinds() {
        let files = ControlResponse.files(
            NodeFiles(node: "l1", haCf: nil, haresources: nil, monCf: nil, keys: nil)
        )
        let error = ControlResponse.error(ControlError(.busy, ""))
        #expect(PeerRequest.files.isAnswered(by: files))
        #expect(!PeerRequest.status.isAnswered(by: files))
        #expect(!PeerRequest.explain(nil).isAnswered(by: .version("1")))
        let fence = ControlResponse.fence(FenceReply(.outdated, "it is"))
        #expect(PeerRequest.outdate(resource: "r0").isAnswered(by: fence))
        #expect(!PeerRequest.status.isAnswered(by: fence))
        for request in [PeerRequest.status, .files, .explain(nil), .outdate(resource: "r0")] {
            #expect(request.isAnswered(by: error))
        }
    }

    @Test("Files come back byte for byte, also where they are no UTF-8")
    func files() throws {
        let files = NodeFiles(
            node: "l1",
            haCf: NodeFile(name: "/etc/baton/ha.cf", bytes: Array("node l0 l1 \u{a0}\n".utf8)),
            haresources: NodeFile(name: "/etc/baton/haresources", bytes: [0x6c, 0xa0, 0xff, 0x00]),
            monCf: nil,
            keys: NodeKeys(
                name: "/etc/baton/authkeys",
                signing: 1,
                keys: [.init(id: 1, method: "sha256", digest: "00")]
            )
        )
        let line = ControlCoding.encode(.files(files))
        let text = String(decoding: line, as: UTF8.self)
        #expect(text.contains(#""base64":"bKD/AA==""#))
        #expect(text.contains(#""text":"node l0 l1"#))
        #expect(try ControlCoding.decodeResponse(line) == .files(files))
    }
}

@Suite("Keys of the peer channel")
struct ChannelKeyTests {
    @Test("HKDF-SHA-256 is that of RFC 5869, test case 3")
    func vector() throws {
        let derived = try ChannelKey.derive([UInt8](repeating: 0x0b, count: 22), "")
        #expect(hex(derived) == "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d")
    }

    @Test("These secrets give these keys, for ever: the other node may run an older version")
    func pinned() throws {
        let secret = Array("0123456789abcdef0123456789abcdef".utf8)
        #expect(
            hex(try ChannelKey.preshared(secret))
                == "acd60c59102db7d8f265f550d4ad3fd0cd592caa6348510e634984ea8c764172"
        )
        #expect(try ChannelKey.digest(secret) == "7d267f248df8767bca063dbbffeed0c0")
        #expect(ChannelKey.identity(15) == "15")
        #expect(ChannelKey.digest(ofKeyWith: []) == "")
    }
}

@Suite("Messages between the loop and batond-peer")
struct PeerHelperMessagesTests {
    static let orders: [PeerOrder] = [
        .ping(7),
        .settings(
            PeerSettings(
                cluster: "baton",
                node: "l0",
                peer: "l1",
                keys: [.init(id: 15, preshared: [UInt8](repeating: 3, count: 32))],
                addresses: [[10, 0, 0, 1], [UInt8](repeating: 1, count: 16)]
            )
        ),
        .ask(
            PeerQuestion(
                id: 9,
                request: Array(#"{"verb":"status"}"#.utf8),
                key: 2,
                port: 694,
                timeout: 2_000_000_000,
                addresses: [[10, 0, 0, 1]]
            )
        ),
        .answer(4, [1, 2, 3], isLast: false), .answer(4, [], isLast: true),
    ]
    static let reports: [PeerReport] = [
        .echo(7), .part(9, [1, 2], isLast: true), .failed(9, "no"), .question(4, [7]), .idle,
        .note("words"),
    ]

    @Test("Each comes back as it went, and none when it is cut anywhere")
    func roundTrip() {
        for order in Self.orders {
            #expect(PeerOrder(order.bytes) == order)
            for count in 0..<order.bytes.count {
                #expect(PeerOrder(Array(order.bytes.prefix(count))) == nil)
            }
        }
        for report in Self.reports {
            #expect(PeerReport(report.bytes) == report)
            for count in 0..<report.bytes.count {
                #expect(PeerReport(Array(report.bytes.prefix(count))) == nil)
            }
        }
    }

    @Test("Another version's settings, and counts beyond all bounds, are nothing")
    func strange() {
        var writer = MessageWriter()
        writer.put(UInt64(1))
        writer.put(UInt64(2))
        #expect(PeerOrder(writer.bytes + PeerOrder.ping(1).bytes) == nil)
        writer = MessageWriter()
        for number in [UInt64(1), 1, 0, 0, 0, .max] { writer.put(number) }
        #expect(PeerOrder(writer.bytes) == nil)
        #expect(PeerReport([]) == nil)
    }
}

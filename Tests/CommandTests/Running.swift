// Runs the built `baton` as a person or a script would, by any of its names.

import Failover
import Foundation
import Testing
import Wire

/// What a run printed and how it ended.
struct Run: Equatable {
    var code: Int32
    var output: String
    var errors: String
}

/// A directory of one test, removed at its end.
final class Place {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/baton-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        // A left-over of a test in the temporary directory does no harm.
        try? FileManager.default.removeItem(atPath: path)
    }

    func write(_ text: String, _ name: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path + "/" + name))
    }

    func read(_ name: String) throws -> String {
        String(
            decoding: try Data(contentsOf: URL(fileURLWithPath: path + "/" + name)),
            as: UTF8.self
        )
    }
}

enum Program {
    /// Beside the test bundle, where the build puts every product.
    static let baton: String = {
        let own =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("baton")
            .path
    }()

    /// The root of the package.
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    /// The first of the paths that is a program here.
    static func find(_ paths: String...) -> String? {
        paths.first { FileManager.default.isExecutableFile(atPath: $0) }
    }
}

/// Runs `baton` with words behind it.
func baton(
    _ arguments: String...,
    environment: [String: String] = [:],
    input: String = "",
    calledAs name: String? = nil,
    in place: Place? = nil
) throws -> Run {
    var path = Program.baton
    if let name, let place {
        path = place.path + "/" + name
        if !FileManager.default.fileExists(atPath: path) {
            try FileManager.default.createSymbolicLink(
                atPath: path,
                withDestinationPath: Program.baton
            )
        }
    }
    return try run(path, arguments, environment: environment, input: input)
}

/// Runs a program and waits for its end.
func run(
    _ path: String,
    _ arguments: [String],
    environment: [String: String] = [:],
    input: String = ""
) throws -> Run {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    var variables = ProcessInfo.processInfo.environment
    for name in ["BATON_RUN", "BATON_CONFIG", "BATON_MONITOR", "NO_COLOR"] { variables[name] = nil }
    process.environment = variables.merging(environment) { $1 }
    let streams = [Pipe(), Pipe(), Pipe()]
    process.standardInput = streams[0]
    process.standardOutput = streams[1]
    process.standardError = streams[2]
    try process.run()
    if !input.isEmpty { streams[0].fileHandleForWriting.write(Data(input.utf8)) }
    try streams[0].fileHandleForWriting.close()
    // What these runs print fits into a pipe, so that one stream may be read after the other.
    let output = try streams[1].fileHandleForReading.readToEnd() ?? Data()
    let errors = try streams[2].fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return Run(
        code: process.terminationReason == .exit ? process.terminationStatus : -1,
        output: String(decoding: output, as: UTF8.self),
        errors: String(decoding: errors, as: UTF8.self)
    )
}

/// A pair with two groups, seen from l0.
func sampleStatus() -> Status {
    func group(_ name: String, _ state: GroupState, _ owner: String) -> GroupStatus {
        GroupStatus(
            name: name,
            state: state,
            owner: owner,
            epoch: 4,
            preferred: owner,
            fit: true,
            unfitReason: nil,
            resources: [
                ResourceStatus(
                    name: name,
                    type: "IPaddr2",
                    state: state == .active ? .running : .stopped,
                    since: 65_000,
                    lastOperationMilliseconds: 3,
                    failure: nil
                )
            ]
        )
    }
    return Status(
        node: "l0",
        incarnation: "3.9d1c",
        peer: PeerStatus(
            name: "l1",
            state: .alive,
            lastHeardMilliseconds: 412,
            incarnation: "7.51"
        ),
        links: [LinkStatus(name: "bcast eth1", kind: .configured, state: .up)],
        groups: [
            group("10.0.0.1/24/eth0:0", .active, "l0"), group("10.0.0.10", .standby, "l1"),
        ],
        protection: ProtectionStatus(level: .evidence, gaps: []),
        lastMove: nil,
        reason: "both nodes talk; nothing is wrong",
        nextStep: nil
    )
}

/// The same pair, seen from l1.
func samplePeerStatus() -> Status {
    var status = sampleStatus()
    status.node = "l1"
    status.peer.name = "l0"
    for index in status.groups.indices {
        status.groups[index].state = status.groups[index].state == .active ? .standby : .active
        for place in status.groups[index].resources.indices {
            status.groups[index].resources[place].state =
                status.groups[index].state == .active ? .running : .stopped
        }
    }
    return status
}

/// The same pair with three services, one of them with its history.
func monitoredStatus(historyOf name: String?) -> Status {
    var status = sampleStatus()
    status.monitors = ["servers/web", "servers/sql", "db/sql"].map {
        MonitorStatus(
            name: $0,
            state: $0 == "servers/web" ? .failing : .ok,
            action: .standby,
            summary: $0 == "servers/web" ? "localhost" : "",
            consecutiveFailures: $0 == "servers/web" ? 1 : 0,
            sinceMilliseconds: 65_000,
            lastRunMilliseconds: 5_000,
            lastRunTookMilliseconds: 2,
            lastRunResult: $0 == "servers/web" ? .failed : .ok,
            nextRunMilliseconds: 25_000,
            groups: ["10.0.0.1/24/eth0:0"],
            history: $0 == name
                ? [
                    MonitorRunStatus(
                        agoMilliseconds: 5_000,
                        tookMilliseconds: 2,
                        result: .failed,
                        summary: "localhost"
                    )
                ] : []
        )
    }
    return status
}

/// Answers the status, and every order with `outcome`.
@Sendable func answering(
    _ outcome: CommandOutcome,
    _ text: String
) -> @Sendable (ControlRequest) -> [FakeDaemon.Step] {
    { request in
        switch request {
        case .status: [.send(.status(sampleStatus()))]
        case .peerStatus: [.send(.status(samplePeerStatus()))]
        case .monitors(let name): [.send(.status(monitoredStatus(historyOf: name)))]
        default:
            [
                .send(.progress("10.0.0.1/24/eth0:0: stopping on l0")),
                .send(.reply(CommandReply(outcome: outcome, text: text))),
            ]
        }
    }
}

// baton-resource run as the daemon runs it: in a mount namespace of its own with real filesystems on loop devices, or
// beside a stand-in for drbdadm whose answers are files.

import Foundation
import Testing

/// How a run ended.
struct Run: Equatable {
    var exit: Int32
    var output: String
}

enum Program {
    /// The programs are beside the bundle of the tests.
    static let resource: String = {
        let own =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(fileURLWithPath: own).deletingLastPathComponent().path + "/baton-resource"
    }()

    /// Runs a program to its end; its words of both streams.
    static func run(
        _ path: String,
        _ arguments: [String],
        environment: [String: String] = [:]
    ) throws -> Run {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return Run(exit: process.terminationStatus, output: String(decoding: data, as: UTF8.self))
    }

    /// Runs a line of shell.
    @discardableResult
    static func shell(_ line: String) throws -> Run { try run("/bin/sh", ["-c", line]) }
}

/// A directory that is gone with the test.
final class Scratch {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/baton-resources-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        // What is left is the machine's to clear.
        try? FileManager.default.removeItem(atPath: path)
    }
}

/// A drbdadm, and drbdsetup, that answers from files: the status, and the exit codes of what changes something.
final class DRBDStandIn {
    let scratch: Scratch

    init(role: String, connection: String = "Connected", disk: String = "UpToDate/UpToDate") throws
    {
        scratch = try Scratch()
        let program = """
            #!/bin/sh
            # Answers VERB RESOURCE: what VERB.exits has (a line is used up by each call), else what VERB.text says.
            cd '\(scratch.path)' || exit 99
            echo "$@" >>calls
            echo 'a warning that drbdadm prints' >&2
            if [ -s "$1.exits" ]; then
                code=$(head -1 "$1.exits"); sed -i 1d "$1.exits"
                [ "$code" = 0 ] || { echo "State change failed: ($code)" >&2; exit "$code"; }
            fi
            case $1 in
                primary) shift $(($# - 1)); sed -i "s/^$1 role:[A-Za-z]*/$1 role:Primary/" status.text;;
                secondary) sed -i "s/^$2 role:[A-Za-z]*/$2 role:Secondary/" status.text;;
                suspend-io) sed -i "s/^$2 role:[A-Za-z]*/& suspended:user/" status.text;;
                resume-io)
                    # What was not let go of would be written now.
                    sed -n "/^$2 /{n;p}" status.text | grep -q Diskless || echo written >>calls
                    sed -i "/^$2 /s/ suspended:user//" status.text;;
                detach) sed -i "/^$3 /{n;s/disk:[A-Za-z]*/disk:Diskless/}" status.text;;
                adjust) sed -i "/^$2 /{n;s/disk:Diskless/disk:UpToDate/}" status.text;;
                outdate) sed -i "/^$2 /{n;s/disk:UpToDate/disk:Outdated/}" status.text;;
                status)
                    [ -z "$2" ] || grep -q "^$2 " status.text || { echo "$2: No such resource" >&2; exit 10; }
                    cat status.text;;
                sh-resources|sh-dev|get-gi|show) cat "$1.text";;
            esac
            """
        try write("drbdadm", program)
        try Program.shell("cd '\(scratch.path)' && chmod 755 drbdadm && ln -s drbdadm drbdsetup")
        try write(
            "status.text",
            ["r0", "r1"].map { Self.status($0, role, connection, disk) }.joined(separator: "\n")
        )
        try write(
            "get-gi.text",
            "FA6DE0C931530077:0000000000000000:20B9BE9AA5173D02:20B8BE9AA5173D02:1:1:1:1:0:0:0\n"
        )
        try write("sh-resources.text", "r0\n")
        try write("sh-dev.text", "/dev/drbd0\n")
        try write("show.text", "resource r0 {\n    net {\n    }\n}\n")
    }

    /// What `drbdsetup status` prints, of the words in which DRBD 8.4 puts role, connection and disks.
    static func status(_ name: String, _ role: String, _ connection: String, _ disk: String)
        -> String
    {
        let roles = role.split(separator: "/", omittingEmptySubsequences: false)
        let disks = disk.split(separator: "/")
        let isApart = ["WFConnection", "Connecting"].contains(connection)
        let replication = connection == "Connected" ? "Established" : connection
        var lines = ["\(name) role:\(roles[0])"]
        lines += disks.prefix(1).map { "  disk:\($0)" }
        if isApart {
            let word = connection == "WFConnection" ? "Connecting" : connection
            lines.append("  peer connection:\(word)")
        } else if connection != "StandAlone" {
            lines += roles.dropFirst().map { "  peer role:\($0)" }
            lines += disks.dropFirst().map { "    replication:\(replication) peer-disk:\($0)" }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Writes one of its files.
    func write(_ name: String, _ text: String) throws {
        try text.write(toFile: scratch.path + "/" + name, atomically: true, encoding: .utf8)
    }

    /// What it was called with, in order.
    var calls: [String] {
        let text = (try? String(contentsOfFile: scratch.path + "/calls", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map(String.init)
    }

    /// Carries out an action of drbddisk.
    func act(
        _ action: String,
        _ resource: String? = "r0",
        milliseconds: Int = 3000,
        acceptsLoss: Bool = false
    ) throws -> Run {
        let words = ["drbddisk"] + [resource].compactMap(\.self) + [action]
        return try Program.run(
            Program.resource,
            words,
            environment: [
                "PATH": scratch.path + ":/usr/sbin:/usr/bin:/sbin:/bin",
                "BATON_TIMEOUT": "\(milliseconds)", "BATON_DRBD_MODULE": scratch.path,
                "BATON_RUN": scratch.path,
                "BATON_ACCEPT_DATA_LOSS": acceptsLoss ? "1" : "",
            ]
        )
    }
}

// greenarrow: the services of GreenArrow, which its own script starts, stops and tells of, a line each ("High Availability
// Cluster Administration", Diagnostics): some are down by design, all others are up when all is well, and what is abnormal is
// printed in red. The script's exit code says nothing that the page promises, so the lines are read.

import Linux

/// `greenarrow[::SERVICE...]`: the services that are down by design.
struct GreenArrow: ResourceType {
    /// Those that may be down.
    let downByDesign: Set<String>

    /// Down where GreenArrow was installed and nothing was changed.
    static let downStandard = ["hvmail-qmail-smtpd3", "hvmail-dnscache"]
    /// The name of its set of services, and the script.
    private static let service = "greenarrow"
    private static let script = "/etc/init.d/greenarrow"
    /// From one look at the services to the next while they start or stop.
    private static let pause: Int64 = 500_000_000

    init(_ arguments: [String]) throws(ResourceUsageError) {
        for name in arguments where name.contains("/") || name.contains("=") {
            throw ResourceUsageError("'\(name)' is no name of a service")
        }
        downByDesign = Set(arguments.isEmpty ? GreenArrow.downStandard : arguments)
    }

    func carryOut(_ action: ResourceAction, until deadline: Int64) -> ResourceAnswer {
        switch action {
        case .start: return start(until: deadline)
        case .stop: return stop(until: deadline)
        case .status, .monitor: return tell(look(until: deadline), isMonitor: action == .monitor)
        case .ready:
            let (status, lack) = look(until: deadline)
            return status.services.isEmpty ? .failed(lack) : .done()
        case .suspend, .resume:
            return .failed("services cannot be suspended from within")
        case .data, .outdate, .follow, .alone, .rejoin, .view: return .replicatesNothing
        case .abandon: return .bearsNothing
        }
    }

    /// Its own script where that is one, else `service greenarrow`, as the page has it.
    private func call(_ word: String, until deadline: Int64) -> ToolResult {
        Files.isExecutable(GreenArrow.script)
            ? Tool(GreenArrow.script).run([word], until: deadline)
            : Tool("service").run([GreenArrow.service, word], until: deadline)
    }

    // MARK: The services

    /// What the services are, and why nothing is known of them where there are none.
    private func look(until deadline: Int64) -> (status: GreenArrowStatus, lack: String) {
        let result = call("status", until: deadline)
        guard result.exit != nil else {
            // A service that the script did not come to may be up: half a list tells nothing (S4).
            let why = result.text.split(whereSeparator: \.isNewline).first.map { ": \($0)" } ?? ""
            return (
                GreenArrowStatus(""), "'service greenarrow status' did not come to its end\(why)"
            )
        }
        return (
            GreenArrowStatus(result.text),
            "'service greenarrow status' names no service: \(result.lastLine)"
        )
    }

    private func tell(
        _ look: (status: GreenArrowStatus, lack: String),
        isMonitor: Bool
    ) -> ResourceAnswer {
        let status = look.status
        guard !status.services.isEmpty else { return .unknown(look.lack) }
        let wrong = status.faults(downByDesign: downByDesign)
        let up = status.services.count { $0.isUp }
        guard up > 0 else { return .stopped("all \(status.services.count) services are down") }
        guard isMonitor, !wrong.isEmpty else { return .running("\(up) services are up") }
        return .failed(GreenArrow.words(wrong))
    }

    /// Waits for the next look; false when the time is over.
    private static func goesOn(until deadline: Int64) -> Bool {
        guard BootClock.now &+ pause < deadline else { return false }
        Pause.wait(pause)
        return true
    }

    private static func words(_ services: [GreenArrowStatus.Service]) -> String {
        let rest = services.count > 5 ? " and \(services.count - 5) more" : ""
        return services.prefix(5).map(\.text).joined(separator: "; ") + rest
    }

    private func start(until deadline: Int64) -> ResourceAnswer {
        let begun = call("start", until: deadline)
        // What it says counts only where nothing runs in the end.
        var status = GreenArrowStatus("")
        var lack = ""
        repeat {
            (status, lack) = look(until: deadline)
            let wrong = status.faults(downByDesign: downByDesign)
            if wrong.isEmpty, status.services.contains(where: \.isUp) {
                return .done("\(status.services.count { $0.isUp }) services are up")
            }
        } while GreenArrow.goesOn(until: deadline)
        let wrong = status.faults(downByDesign: downByDesign)
        return .failed(
            wrong.isEmpty
                ? "service greenarrow start: \(begun.lastLine); \(lack)"
                : "not up: \(GreenArrow.words(wrong))"
        )
    }

    private func stop(until deadline: Int64) -> ResourceAnswer {
        let ended = call("stop", until: deadline)
        var up: [GreenArrowStatus.Service] = []
        var lack = ""
        repeat {
            let status: GreenArrowStatus
            (status, lack) = look(until: deadline)
            up = status.services.filter(\.isUp)
            if up.isEmpty, !status.services.isEmpty { return .done("all services are down") }
        } while GreenArrow.goesOn(until: deadline)
        return .failed(
            up.isEmpty
                ? "service greenarrow stop: \(ended.lastLine); \(lack)"
                : "still up: \(GreenArrow.words(up))"
        )
    }
}

/// What `service greenarrow status` prints, a service a line; anything else is passed over.
public struct GreenArrowStatus: Hashable, Sendable {
    /// One line about a service.
    public struct Service: Hashable, Sendable {
        /// Its name.
        public var name: String
        /// Whether the line calls it up.
        public var isUp: Bool
        /// Whether the line is red: a state that is not the normal one.
        public var isRed: Bool
        /// The line without colours.
        public var text: String
    }

    /// The services in the order of the lines.
    public var services: [Service]

    /// Reads the lines: a name, with a colon or without, a path before it or not, and behind it the word `up` or `down`, as
    /// supervise's `svstat` prints them.
    public init(_ text: String) {
        services = text.split(whereSeparator: \.isNewline).compactMap { line in
            let (plain, isRed) = GreenArrowStatus.withoutColours(String(line))
            let words = plain.split { $0.isWhitespace || ":()[],".contains($0) }.map(String.init)
            let behind = words.dropFirst().first == "is" ? words.dropFirst(2) : words.dropFirst()
            guard let first = words.first, let state = behind.first?.lowercased(),
                ["up", "down"].contains(state)
            else { return nil }
            return Service(
                name: first.split(separator: "/").last.map(String.init) ?? first,
                isUp: state == "up",
                isRed: isRed,
                text: plain.trimmed
            )
        }
    }

    /// The services that are not as they should be: down although nobody meant it, or red.
    public func faults(downByDesign: Set<String>) -> [Service] {
        services.filter { service in
            let mayBeDown = downByDesign.contains(service.name)
            return !service.isUp ? !mayBeDown : service.isRed
        }
    }

    /// A line without its escape sequences (ECMA-48, 8.3.117), and whether one of them was red.
    private static func withoutColours(_ line: String) -> (text: String, isRed: Bool) {
        var text = ""
        var isRed = false
        var rest = line.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            guard scalar == "\u{1b}", rest.first == "[" else {
                text.unicodeScalars.append(scalar)
                continue
            }
            rest.removeFirst()
            let parameters = rest.prefix { ("0"..."9").contains($0) || $0 == ";" }
            rest = rest.dropFirst(parameters.count)
            guard rest.popFirst() == "m" else { continue }
            let numbers = String(parameters).split(separator: ";")
            // Red, bright red, and a red ground.
            if numbers.contains(where: { ["31", "91", "41"].contains($0) }) { isRed = true }
        }
        return (text, isRed)
    }
}

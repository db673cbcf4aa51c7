// Whether DRBD asks batond before it goes on without the other node: `fencing`, and the handler `fence-peer`, of each
// resource that a group moves. Nothing of it is refused: without it everything works, but for the last second of a
// replication that was cut. Facts: drbd.conf(5) of 8.4 (`fencing` in `disk`) and of 9 (in `net`).

extension DRBDConfCheck {
    /// The program that answers.
    private static let program = "/usr/sbin/baton outdate-peer"

    private static func policy(_ section: DRBDSection) -> DRBDStatement? {
        ["disk", "net"].lazy.compactMap { section.sections($0).last?.statement("fencing") }.first
    }

    private static func handler(_ section: DRBDSection) -> DRBDStatement? {
        section.sections("handlers").last.flatMap {
            $0.statement("fence-peer") ?? $0.statement("outdate-peer")
        }
    }

    /// Judges what one resource says of it, or the sections `common`.
    mutating func judgeFencing(_ resource: DRBDResource) {
        guard isMoved(resource.name) else { return }
        let section = resource.section
        let ownPolicy = Self.policy(section)
        let ownHandler = Self.handler(section)
        let policy = ownPolicy ?? commons.lazy.compactMap(Self.policy).first
        let handler = ownHandler ?? commons.lazy.compactMap(Self.handler).first
        // What stands in `common` may be another file's.
        let policyPosition = ownPolicy?.position ?? section.position
        let handlerPosition = ownHandler?.position ?? section.position
        let value = policy?.values.first ?? "dont-care"
        switch (value == "dont-care", handler) {
        case (true, nil):
            list.note(
                .fencePeer,
                at: resource.section.position,
                "\(quoted(resource.name)) goes on without the other node and tells nobody: batond looks once a second, and "
                    + "if the active node dies in the second after a cut, the other takes with a copy that lacks it",
                hint: "disk { fencing resource-only; } handlers { fence-peer \"\(Self.program)\"; }"
            )
        case (true, let handler?):
            list.note(
                .fencePeer,
                at: handlerPosition,
                "'\(handler.name)' is never called without 'fencing'",
                hint: "disk { fencing resource-only; }, in DRBD 9 net { fencing resource-only; }"
            )
        case (false, nil):
            list.warning(
                .fencePeer,
                at: policyPosition,
                "'fencing \(value)' without a handler: nobody can tell DRBD that the other copy is old, and a node does not "
                    + "become primary after the other has died",
                hint: "handlers { fence-peer \"\(Self.program)\"; }"
            )
        case (false, let handler?):
            judgeHandler(handler, at: handlerPosition)
            judgePolicy(value, at: policyPosition)
        }
    }

    /// Whether a group moves a resource of DRBD.
    func isMoved(_ name: String) -> Bool {
        groups.contains { group in
            group.resources.contains { resource in
                resource.type == "drbddisk"
                    && [name, "all"].contains(resource.arguments.first ?? "all")
            }
        }
    }

    private mutating func judgeHandler(_ statement: DRBDStatement, at position: Position) {
        let text = statement.values.joined(separator: " ")
        let words = text.split(separator: " ")
        let program = words.first?.split(separator: "/").last
        if program == "baton", words.contains("outdate-peer") { return }
        let isOld = program == "drbd-peer-outdater"
        list.warning(
            .fencePeer,
            at: position,
            isOld
                ? "drbd-peer-outdater asks Heartbeat's dopd, which does not run beside batond: no node becomes primary "
                    + "after the other has died"
                : "\(quoted(text)) answers for the other node, and does not ask batond",
            hint: "fence-peer \"\(Self.program)\";"
        )
    }

    private mutating func judgePolicy(_ value: String, at position: Position) {
        guard value == "resource-and-stonith" else { return }
        list.note(
            .fencePeer,
            at: position,
            "fencing resource-and-stonith: writes stand still until the handler has answered, and where it cannot tell, "
                + "until somebody types drbdadm resume-io",
            hint: "fencing resource-only"
        )
    }
}

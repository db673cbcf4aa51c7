// What each notice means to people who are told: a table. Codes that are not here are told only as pages.

extension NotificationDesk {
    /// What a notice means at the desk.
    enum Meaning: Equatable {
        /// Nobody is told.
        case nothing
        /// It is told at once; troubles that end by it are closed without a word of their own.
        case happened(NotificationKind, closes: [Key])
        /// A trouble begins, or becomes worse; it may wait whether it lasts.
        case opens(Key, waits: Bool)
        /// Troubles are over.
        case closes([Key])
        /// Troubles are nobody's concern any more.
        case forgets([Key])

        init(_ notice: Notice, _ node: NodeName) {
            let group = notice.group?.text ?? ""
            let subject = notice.subject ?? notice.text
            func key(_ kind: NotificationKind, _ about: String? = nil) -> Key {
                Key(kind: kind, about: about ?? group)
            }
            let health = Key(kind: .held, about: group, isHealth: true)
            let isOver = notice.severity >= .info
            switch notice.code {
            case .peerSilent: self = .opens(key(.peer, ""), waits: true)
            case .peerDaemonDown, .waiting:
                self = .opens(key(.peer, ""), waits: notice.severity > .page)
            // Judged dead; or, as a mere fact, left in order.
            case .peerDead: self = .opens(key(.peer, ""), waits: isOver)
            case .peerAlive: self = .closes([key(.peer, "")])
            case .linkDown: self = .opens(key(.link, subject), waits: true)
            case .linkUp: self = .closes([key(.link, subject)])
            case .takeoverHeld: self = .opens(key(.held), waits: false)
            case .healthHeld:
                self = isOver ? .closes([health]) : .opens(health, waits: false)
            case .budgetUsed:
                self = isOver ? .closes([key(.budget)]) : .opens(key(.budget), waits: false)
            case .isolated: self = isOver ? .closes([key(.held)]) : .opens(key(.held), waits: false)
            case .operationFailed: self = .opens(key(.operation), waits: false)
            case .healthMove: self = .happened(.move, closes: [health, key(.budget)])
            case .restarted: self = .happened(.move, closes: [])
            case .cleared: self = .closes([health, key(.held), key(.budget), key(.operation)])
            // What the other node said is told there.
            case .frozen: self = isOver ? .nothing : .opens(key(.frozen), waits: false)
            case .thawed: self = .closes([key(.frozen)])
            case .conflict:
                self = isOver ? .closes([key(.conflict)]) : .opens(key(.conflict), waits: false)
            // The node that writes tells it, the one that is left behind only what it holds for that.
            case .dataDetached: self = .opens(key(.data), waits: true)
            case .dataInSync: self = .closes([key(.data)])
            case .dataReceipt: self = isOver ? .nothing : .happened(.attention, closes: [])
            case .notPrepared:
                self = isOver ? .closes([key(.readiness)]) : .opens(key(.readiness), waits: true)
            case .reset: self = .happened(.reset, closes: [])
            case .monitorFailed, .monitorUnknown:
                self = .opens(key(.service, subject), waits: false)
            case .monitorRecovered: self = .closes([key(.service, subject)])
            // The group has left with it, or somebody knows: no news of the service itself.
            case .monitorDisabled, .monitorForgotten: self = .forgets([key(.service, subject)])
            case .groupMoved: self = Self.moved(notice, key(.operation), key(.held), health)
            case .started, .peerLate, .peerRestarted, .peerLeaving, .linkLate, .late,
                .deadtimeShort, .dataStale, .dataFenced,
                .configurationDiffers, .monitorEnabled, .command, .stopping:
                self = notice.severity == .page ? .happened(.attention, closes: []) : .nothing
            }
        }

        /// Only where a group arrives is its move told; a node that is given nothing says so too.
        private static func moved(
            _ notice: Notice,
            _ operation: Key,
            _ held: Key,
            _ health: Key
        ) -> Meaning {
            switch notice.cause {
            // By command, say: what kept it here does not any more.
            case .released: .closes([health])
            case .started: .happened(.move, closes: [operation, held])
            case .adopted: .forgets([operation, held])
            case .accepted: .closes([operation, held])
            default: notice.severity == .page ? .opens(operation, waits: false) : .nothing
            }
        }

        /// The sentence for people; the group's name stands before it.
        static func text(_ notice: Notice, _ node: NodeName) -> String {
            switch (notice.code, notice.cause) {
            case (.groupMoved, .started): "runs on \(node) now"
            case (.groupMoved, .released): "is leaving \(node)"
            case (.groupMoved, .accepted): "the other node took it from \(node)"
            case (.groupMoved, .stoppedFailed):
                "could not be started on \(node), and runs nowhere"
            case (.groupMoved, .declined):
                "runs nowhere: it could not be started on \(node), and the other node declined it"
            case (.groupMoved, .stopFailed):
                "could not be stopped on \(node), and may still run there"
            default: notice.text
            }
        }
    }
}

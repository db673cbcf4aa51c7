// The deciding core: events and the time in, effects out. No clock, no randomness, no input or output.

/// The pure machine that decides which node holds which group.
public struct FailoverMachine: Sendable {
    /// The tables it works from.
    public let settings: Settings

    /// Makes the core of one node; its first event must be `started`.
    public init(settings: Settings) {
        self.settings = settings
    }

    /// Takes one event and says what to do, in order.
    public mutating func handle(_ event: Event, at now: Instant) -> [Effect] {
        []
    }

    /// When the core next wants `timeReached`; `nil` before `started`.
    public var nextDeadline: Instant? { nil }

    /// The status value at `now`.
    public func status(at now: Instant) -> Status {
        Status(
            node: settings.node.text,
            incarnation: "",
            peer: PeerStatus(
                name: settings.peer.text,
                state: .unknown,
                lastHeardMilliseconds: nil,
                incarnation: nil
            ),
            links: [],
            groups: [],
            protection: ProtectionStatus(level: .evidence, gaps: []),
            lastMove: nil,
            reason: "",
            nextStep: nil
        )
    }
}

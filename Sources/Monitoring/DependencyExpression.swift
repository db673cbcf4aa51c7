// What a service depends on, as a value and as a question. The text with its positions is
// `Configuration`'s.

/// A boolean expression over other services: `SELF:ping && !(lan:router or lan:other)`.
public indirect enum DependencyExpression: Hashable, Sendable {
    /// A service; `SELF` is already the own group.
    case service(ServiceName)
    /// `1` or `0`.
    case constant(Bool)
    /// `!` or `not`.
    case not(DependencyExpression)
    /// `&&` or `and`.
    case all([DependencyExpression])
    /// `||` or `or`.
    case any([DependencyExpression])

    /// Every service named, in the order of the text, each once.
    public var services: [ServiceName] {
        var result: [ServiceName] = []
        collect(&result)
        return result
    }

    private func collect(_ result: inout [ServiceName]) {
        switch self {
        case .service(let name): if !result.contains(name) { result.append(name) }
        case .constant: break
        case .not(let inner): inner.collect(&result)
        case .all(let parts), .any(let parts): for part in parts { part.collect(&result) }
        }
    }

    /// What the expression says when each service says its part.
    ///
    /// - Parameter isWorking: Whether a service counts as working.
    /// - Returns: True when nothing is held back.
    public func holds(_ isWorking: (ServiceName) -> Bool) -> Bool {
        switch self {
        case .service(let name): isWorking(name)
        case .constant(let value): value
        case .not(let inner): !inner.holds(isWorking)
        case .all(let parts): parts.allSatisfy { $0.holds(isWorking) }
        case .any(let parts): parts.contains { $0.holds(isWorking) }
        }
    }
}

/// A service by its host group and its own tag.
public struct ServiceName: Hashable, Sendable, CustomStringConvertible {
    /// The host group its watch is on.
    public var group: String
    /// The service's tag.
    public var service: String

    /// Makes a name of its parts.
    public init(group: String, service: String) {
        self.group = group
        self.service = service
    }

    /// `GROUP/SERVICE`, as status and commands have it.
    public var description: String { "\(group)/\(service)" }
}

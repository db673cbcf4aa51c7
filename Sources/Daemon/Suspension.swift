// A suspension on its way (S12): the processes of a resource stand still, go on, or, where what stands
// still is to be stopped, end before any of them runs again. Asked for at once, looked at again every
// few milliseconds, so that the spawner serves other groups meanwhile. Which control group is meant is
// `ServiceGroups`; what a group can do, `Linux.ControlGroup`.

import Failover
import Linux

/// A `suspend`, a `resume`, or the beginning of a `stop` of something suspended.
final class Suspension {
    /// What a look found.
    enum Step: Equatable {
        /// It is not over.
        case waiting
        /// It is over.
        case ended(OperationOutcome)
        /// Nothing of a suspended resource is left: now its script stops it, within this time in
        /// nanoseconds.
        case emptied(rest: Int64)
    }

    /// Between two looks, at first and later.
    private static let lookMinimum: Int64 = 2_000_000
    private static let lookMaximum: Int64 = 50_000_000
    /// What a script has at least after a long wait for what it would have stopped.
    private static let restMinimum: Int64 = 1_000_000_000

    /// What was asked.
    let request: OperationRequest
    /// When to look again.
    private(set) var nextLook: Int64
    private let group: ControlGroup
    private let deadline: Int64
    private var hasBegun = false
    private var interval = Suspension.lookMinimum

    /// Begins with the first look.
    init(_ request: OperationRequest, _ group: ControlGroup, at now: Int64) {
        self.request = request
        self.group = group
        deadline = now &+ request.timeout
        nextLook = now
    }

    /// Asks the kernel at first, then looks how far it is.
    func look(at now: Int64) -> Step {
        do {
            if !hasBegun, let obstacle = try obstacle() { return .ended(.failed(obstacle)) }
            hasBegun = true
            if let step = try found(at: now) { return step }
            if now >= deadline { return .ended(late()) }
            try ask()
        } catch {
            if request.action == .suspend { takeBack() }
            return .ended(.failed(Suspension.failure("\(error)")))
        }
        nextLook = min(now &+ interval, deadline)
        interval = min(interval * 2, Suspension.lookMaximum)
        return .waiting
    }

    /// Ends it early: what was to be suspended goes on.
    func cancel() -> OperationOutcome {
        if request.action == .suspend { takeBack() }
        return .cancelled
    }

    /// Why it is not even tried.
    private func obstacle() throws(SystemError) -> OperationFailure? {
        guard request.action == .suspend else { return nil }
        let processes = try group.processes()
        if processes.isEmpty { return Suspension.nothing(in: group) }
        guard processes.contains(where: { $0.rawValue <= 0 }) else { return nil }
        return Suspension.failure(
            "a process in \(group.path) is in a namespace where it could not be ended"
        )
    }

    /// Again and again: a v1 freezer that got stuck tries once more, and whoever is left is killed.
    private func ask() throws(SystemError) {
        switch request.action {
        case .suspend: try group.freeze()
        case .resume: try group.thaw()
        case .stop: try group.killFrozen()
        case .start, .status, .abandon: break
        }
    }

    private func found(at now: Int64) throws(SystemError) -> Step? {
        switch request.action {
        case .suspend:
            guard try group.isFrozen() else { return nil }
            // They may have ended just before; nobody knows then what runs in their place.
            if try group.isPopulated() { return .ended(.succeeded) }
            takeBack()
            return .ended(.failed(Suspension.nothing(in: group)))
        case .resume:
            guard try group.isThawed() else { return nil }
            if try group.isPopulated() { return .ended(.succeeded) }
            return .ended(.failed(Suspension.failure("its processes ended while they stood still")))
        case .stop:
            if try group.isPopulated() { return nil }
            try group.thaw()
            return .emptied(rest: max(deadline &- now, Suspension.restMinimum))
        case .start, .status, .abandon:
            return .ended(.failed(Suspension.failure("a \(request.action) suspends nothing")))
        }
    }

    /// What its deadline makes of it.
    private func late() -> OperationOutcome {
        switch request.action {
        case .suspend:
            takeBack()
            return .timedOut(
                Suspension.failure("some of \(group.path) did not stand still in time")
            )
        case .stop:
            // What is left in it was killed and is in the kernel's hands; it is never thawed alive.
            return .timedOut(
                Suspension.failure("some of \(group.path) does not end although killed")
            )
        case .start, .status, .resume, .abandon:
            return .timedOut(Suspension.failure("\(group.path) does not go on"))
        }
    }

    private func takeBack() {
        // What stays frozen writes nothing, and the stop that follows ends it.
        ignoring { () throws(SystemError) in try group.thaw() }
    }

    private static func nothing(in group: ControlGroup) -> OperationFailure {
        failure(
            "none of its processes is in \(group.path): what its script started runs elsewhere,"
                + " such as in a unit of systemd or a login session"
        )
    }

    private static func failure(_ text: String) -> OperationFailure {
        OperationFailure(exitCode: nil, output: text)
    }
}

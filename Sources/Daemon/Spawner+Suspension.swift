// What the spawner does about resources that can be suspended (S12): a start is in a control group of
// its own; what stands still in it is suspended, whatever a script would say of it, and is killed before
// a script stops it, because the other node may have taken: it must not run once more. How one
// suspension goes is `Suspension`.

import Configuration
import Failover
import Linux

extension Spawner {
    /// Takes an operation that is about processes that stand still, or are to; `false` when it is for the
    /// resource's program.
    func beginsSuspension(_ request: OperationRequest) -> Bool {
        guard !request.isBarrier else { return false }
        guard let group = groups.find(request.resource) else {
            guard !OperationAction.scripted.contains(request.action) else { return false }
            let text =
                "no control group of it is known: it was not started here since this node booted, a unit of"
                + " systemd runs it, or this machine has no freezer"
            finish(request, .failed(OperationFailure(exitCode: nil, output: text)))
            return true
        }
        do {
            switch request.action {
            case .suspend, .resume, .abandon: break
            case .start:
                guard try isHeld(group) else { return false }
                let text = "what was suspended of it is still there, in \(group.path)"
                finish(request, .failed(OperationFailure(exitCode: nil, output: text)))
                return true
            case .status:
                // Also while some of it is on its way to stand still: only a stop is sure to end that.
                guard try isHeld(group) else { return false }
                finish(request, .suspended)
                return true
            case .stop:
                guard try isHeld(group) else { return false }
            }
        } catch {
            let failure = OperationFailure(exitCode: nil, output: "\(error)")
            finish(request, request.action == .status ? .unknown(failure) : .failed(failure))
            return true
        }
        suspensions[request.id] = Suspension(request, group, at: BootClock.now)
        return true
    }

    /// Whether processes are in it that stand still or are about to; one that is empty goes on.
    private func isHeld(_ group: ControlGroup) throws(SystemError) -> Bool {
        guard try group.isFreezeAsked() else { return false }
        if try group.isPopulated() { return true }
        try group.thaw()
        return false
    }

    /// Looks at those whose time it is.
    func lookAtSuspensions(at now: Int64) {
        for id in suspensions.keys.sorted() {
            guard let suspension = suspensions[id], suspension.nextLook <= now else { continue }
            switch suspension.look(at: now) {
            case .waiting: break
            case .ended(let outcome):
                suspensions[id] = nil
                finish(suspension.request, outcome)
            case .emptied(let rest):
                suspensions[id] = nil
                var request = suspension.request
                request.timeout = rest
                runProgram(request)
            }
        }
    }

    /// Ends one early, if there is one of this number.
    func cancelSuspension(_ id: UInt64) {
        guard let suspension = suspensions.removeValue(forKey: id) else { return }
        finish(suspension.request, suspension.cancel())
    }

    /// Where a start runs; `nil` where it cannot be suspended later, which hinders no start.
    ///
    /// What a unit runs is in the unit's own group, with processes that are none of ours.
    func controlGroup(for request: OperationRequest, _ kind: ProgramKind) -> ControlGroup? {
        guard request.action == .start, request.isSuspendable, !request.isBarrier, kind != .unit
        else {
            return nil
        }
        do {
            return try groups.prepare(request.resource)
        } catch {
            return nil
        }
    }
}

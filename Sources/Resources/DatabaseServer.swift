// What the servers of databases have in common as resources: the actions, and that the kernel tells what runs.

import Linux

/// A database server on a data directory of the group.
protocol DatabaseServer: ResourceType {
    /// The data directory, absolute.
    var directory: String { get }
    /// Its processes.
    var server: ServerProcesses { get }

    /// Runs it, and waits until it serves.
    func start(until deadline: Int64) throws(Unready) -> ResourceAnswer
    /// Ends it, by KILL where nothing else does.
    func stop(until deadline: Int64) -> ResourceAnswer
    /// Whether it answers a query; what is thrown says that nobody can tell.
    func monitor(until deadline: Int64) throws(Unready) -> ResourceAnswer
    /// Whether what a start needs is there.
    func ready() throws(Unready) -> ResourceAnswer
}

extension DatabaseServer {
    func carryOut(_ action: ResourceAction, until deadline: Int64) -> ResourceAnswer {
        serve(action, until: deadline)
    }

    /// Carries an action out on the server of a directory that one node has at a time.
    func serve(_ action: ResourceAction, until deadline: Int64) -> ResourceAnswer {
        do throws(Unready) {
            switch action {
            case .start: return try start(until: deadline)
            case .stop: return stop(until: deadline)
            case .status: return try status()
            case .monitor: return try monitor(until: deadline)
            case .ready: return try ready()
            case .suspend, .resume:
                return .failed(
                    "a server cannot be suspended from within: batond freezes its processes"
                )
            case .data, .outdate, .follow, .alone, .rejoin, .view:
                return .replicatesNothing
            case .abandon: return .bearsNothing
            }
        } catch {
            let isQuestion = action == .monitor || action == .status
            return isQuestion ? .unknown(error.text) : .failed(error.text)
        }
    }

    private func status() throws(Unready) -> ResourceAnswer {
        guard let leader = try server.leaders.first else {
            return .stopped("no server works in \(directory)")
        }
        return .running("process \(leader.id) serves \(directory)")
    }
}

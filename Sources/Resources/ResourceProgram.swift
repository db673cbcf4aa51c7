// baton-resource as a function of its words: a type, its arguments and an action, by the calling convention of an
// old resource.d script. Each type is in a file of its own; printing and exiting are the program's.

import Linux

/// What may be asked of a resource.
enum ResourceAction: String, CaseIterable {
    /// Make it run; done when it does, and nothing is changed when it does already.
    case start
    /// End it; done when nothing of it is left.
    case stop
    /// Whether it runs.
    case status
    /// Whether it runs and serves.
    case monitor
    /// Whether a start here would succeed, as far as can be seen without trying.
    case ready
    /// Keep it from writing, without ending it (S12).
    case suspend
    /// Let it go on.
    case resume
    /// End what waits for it to go on, so that nothing of that is written; then it can be stopped (S12).
    case abandon
    /// How its replicated data stands, in one line (`ReplicatedData`; S11).
    case data
    /// The same; what replicates it is told first that it is old here.
    case outdate
    /// The same; a copy that is kept by a log is first made to follow the other node's, which may take long and goes on
    /// in the background.
    case follow
    /// The same; a primary that waits for its standby may first go on without it.
    case alone
    /// Make an old primary's copy a standby's: what `follow` leaves behind it.
    case rejoin
    /// How it stands on this node, for people and for the other node (`DRBDView`).
    case view
}

/// How an action ended, by exit code and words.
public struct ResourceAnswer: Hashable, Sendable {
    /// `start`, `stop`, `suspend`, `resume`, `abandon`: 0 done, 1 failed.
    ///
    /// `status` and `monitor`: 0 it runs, 1 it runs and does not serve, 3 it does not run, 4 nobody can tell, 5 it is
    /// suspended.
    /// `ready`: 0 fit, 1 not fit, 4 nobody can tell. `data`, `outdate`, `follow`, `alone`, `view`: 0 told, 4 nobody can
    /// tell. 2: the words were wrong.
    public var exit: Int32
    /// The first line says it in one sentence; at most `outputMaximum` bytes.
    public var output: String

    /// The most bytes of output.
    public static let outputMaximum = 16384

    private init(_ exit: Int32, _ text: String) {
        self.exit = exit
        let bytes = Array(text.utf8.prefix(ResourceAnswer.outputMaximum - 1))
        output = text.isEmpty ? "" : String(decoding: bytes, as: UTF8.self) + "\n"
    }

    /// The action is done, or a resource is fit.
    static func done(_ text: String = "") -> ResourceAnswer { ResourceAnswer(0, text) }
    /// It failed, or does not serve, or is not fit.
    static func failed(_ text: String) -> ResourceAnswer { ResourceAnswer(1, text) }
    /// The words were wrong.
    static func misused(_ text: String) -> ResourceAnswer { ResourceAnswer(2, text) }
    /// It runs; the first word is what Heartbeat looks for.
    static func running(_ text: String) -> ResourceAnswer { ResourceAnswer(0, "running: \(text)") }
    /// It does not run.
    static func stopped(_ text: String) -> ResourceAnswer { ResourceAnswer(3, "stopped: \(text)") }
    /// It is there, and suspended.
    static func suspended(_ text: String) -> ResourceAnswer {
        ResourceAnswer(5, "suspended: \(text)")
    }
    /// Nobody can tell.
    static func unknown(_ text: String) -> ResourceAnswer { ResourceAnswer(4, "unknown: \(text)") }

    /// The type keeps no data on two nodes.
    static let replicatesNothing = misused(
        "it replicates nothing; drbddisk does, and postgres with mode=replica"
    )
    /// Nothing writes through it.
    static let bearsNothing = misused("nothing waits for it while it is suspended; for drbddisk")

    /// Whether it is done, runs, or is fit.
    var isGood: Bool { exit == 0 }
}

/// The arguments of a resource make no sense.
struct ResourceUsageError: Error, CustomStringConvertible {
    /// What is wrong, and what would be right.
    var description: String

    init(_ description: String) { self.description = description }
}

/// A resource with its arguments read.
protocol ResourceType {
    /// From the words behind the type's name.
    init(_ arguments: [String]) throws(ResourceUsageError)
    /// Carries out an action, and waits for it: until `deadline` at most, where it can give up in order.
    func carryOut(_ action: ResourceAction, until deadline: Int64) -> ResourceAnswer
}

/// The built-in types that are programs.
public enum ResourceProgram {
    /// How the program is called.
    public static let usage = """
        usage: baton-resource TYPE ARGUMENT... ACTION
        actions: start stop (0 done, 1 failed), status monitor (0 running, 1 failed, 3 stopped, 4 unknown,
                 5 suspended), ready (0 fit, 1 not fit, 4 unknown), suspend resume (0 done, 1 failed),
                 abandon (0 done, 1 failed), data outdate view (0 told, 4 unknown): of drbddisk alone;
                 data follow alone (0 told, 4 unknown), rejoin (0 done, 1 failed): of postgres with mode=replica

          Filesystem DEVICE DIRECTORY [TYPE [OPTIONS]]
          drbddisk [RESOURCE]
          mysql DATADIR [CONFIG]
          postgres DATADIR [KEY=VALUE...]
          greenarrow [SERVICE...]
          cronfile PATH

        BATON_TIMEOUT: milliseconds until whoever called it ends it (60000).

        """

    /// The time an action has where nobody says.
    static let timeLimit: Int64 = 60_000_000_000
    /// What is kept of it to end what still runs, and for the last words.
    static let lastWords: Int64 = 2_500_000_000

    /// Carries out what the words say; takes as long as BATON_TIMEOUT allows.
    public static func run(_ words: [String]) -> ResourceAnswer {
        guard words.count >= 2, let name = words.first, let last = words.last else {
            return .misused("no type and action are named; baton-resource --help tells more")
        }
        guard let action = ResourceAction(rawValue: last) else {
            let known = ResourceAction.allCases.map(\.rawValue).joined(separator: " ")
            return .misused("'\(last)' is no action; there are \(known)")
        }
        let arguments = Array(words.dropFirst().dropLast())
        let limit = Environment.value("BATON_TIMEOUT").flatMap(Int64.init).map { $0 * 1_000_000 }
        // What it does itself at the end of its time must be over when whoever called it ends it.
        let time = max(0, limit ?? timeLimit)
        let deadline = BootClock.now &+ time &- min(time / 8, lastWords)
        do throws(ResourceUsageError) {
            switch name {
            case "Filesystem":
                return try Filesystem(arguments).carryOut(action, until: deadline)
            case "drbddisk":
                return try DRBDResource(arguments).carryOut(action, until: deadline)
            case "mysql": return try MySQL(arguments).carryOut(action, until: deadline)
            case "postgres": return try Postgres(arguments).carryOut(action, until: deadline)
            case "greenarrow": return try GreenArrow(arguments).carryOut(action, until: deadline)
            case "cronfile": return try CronFile(arguments).carryOut(action, until: deadline)
            default:
                throw ResourceUsageError(
                    "no such type; there are Filesystem drbddisk mysql postgres greenarrow cronfile"
                )
            }
        } catch {
            return .misused("\(name): \(error)")
        }
    }
}

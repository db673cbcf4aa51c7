// What the loop and the helper of checks say to each other, as values and as bytes. A check is any
// program whose end the service monitors or the administrators wait for: a monitor, an alert, a
// notification. Running them is `CheckRunner`.

import Wire

/// One program to run.
struct CheckRequest: Equatable {
    /// The number the loop knows it by.
    var id: UInt64
    /// Where the program may be; the first that can be executed is run.
    var places: [CheckPlace]
    /// The type of a resource to be asked whether it serves; nil for any other program.
    ///
    /// Then there are no places: the program is looked up as for an operation, and its words are read as there: it
    /// exits 0 where it serves, is `undecided` where that cannot be told.
    var resourceType: String?
    /// What a resource is asked: `monitor`, or what only a built-in type knows.
    var question = CheckRequest.monitor
    /// What follows the program's name and a place's own words; a resource's own.
    var arguments: [String]
    /// `NAME=value`, besides the environment of all children.
    var environment: [String]
    /// What it reads on its standard input; empty for /dev/null.
    var input: [UInt8]
    /// How long it may take, in nanoseconds.
    var timeout: Int64
    /// What it starts may outlive it, and it outlives the helper: an alert, not a monitor.
    var isDetached: Bool

    /// Whether it serves: `monitor` of a built-in type, `status` of any other.
    static let monitor = "monitor"
}

/// A place where a program may be.
struct CheckPlace: Equatable {
    /// The file.
    var path: String
    /// For `baton-monitor`: which of its monitors it is to be.
    ///
    /// Then all words are its standard input: nobody sees a password among its arguments.
    var monitor: String?
}

/// How a check ended.
enum CheckEnding: Equatable {
    /// It ended by itself, with this code.
    case exited(Int32)
    /// A resource's program says that it cannot tell whether it serves.
    case undecided
    /// A signal ended it.
    case killed(String)
    /// Its time was over.
    case timedOut
    /// It did not run, and why.
    case notRun(String)
}

/// What the loop asks of the helper.
enum CheckOrder: Equatable {
    /// Run it and report its end once.
    case run(CheckRequest)
    /// What a program that is to be run next reads before the input of its request: more than one message holds.
    case input(UInt64, [UInt8])
    /// End it; nothing is reported.
    case cancel(UInt64)

    /// The number of the program that it is about.
    var id: UInt64 {
        switch self {
        case .run(let request): request.id
        case .input(let id, _), .cancel(let id): id
        }
    }

    var bytes: [UInt8] {
        var writer = MessageWriter()
        switch self {
        case .run(let request):
            writer.put(UInt64(1))
            writer.put(request.id)
            writer.put(UInt64(request.places.count))
            for place in request.places {
                writer.put(place.path)
                writer.put(place.monitor.map { [$0] } ?? [])
            }
            writer.put(request.resourceType.map { [$0, request.question] } ?? [])
            writer.put(request.arguments)
            writer.put(request.environment)
            writer.put(request.input)
            writer.put(request.timeout)
            writer.put(UInt64(request.isDetached ? 1 : 0))
        case .cancel(let id):
            writer.put(UInt64(2))
            writer.put(id)
        case .input(let id, let part):
            writer.put(UInt64(3))
            writer.put(id)
            writer.put(part)
        }
        return writer.bytes
    }

    init?(_ bytes: [UInt8]) {
        var reader = MessageReader(bytes)
        switch reader.number() {
        case 1:
            guard let id = reader.number(), let count = reader.number(), count <= 64 else {
                return nil
            }
            var places: [CheckPlace] = []
            for _ in 0..<count {
                guard let path = reader.text(), let words = reader.texts() else { return nil }
                places.append(CheckPlace(path: path, monitor: words.first))
            }
            guard let types = reader.texts(), let arguments = reader.texts(),
                let environment = reader.texts(),
                let input = reader.data(), let timeout = reader.signed(),
                let isDetached = reader.number()
            else { return nil }
            self = .run(
                CheckRequest(
                    id: id,
                    places: places,
                    resourceType: types.first,
                    question: types.dropFirst().first ?? CheckRequest.monitor,
                    arguments: arguments,
                    environment: environment,
                    input: input,
                    timeout: timeout,
                    isDetached: isDetached == 1
                )
            )
        case 2:
            guard let id = reader.number() else { return nil }
            self = .cancel(id)
        case 3:
            guard let id = reader.number(), let part = reader.data() else { return nil }
            self = .input(id, part)
        default: return nil
        }
    }
}

/// What the helper tells the loop.
enum CheckReport: Equatable {
    /// It is ready; the programs that the instance has of its own in `CONFIG/mon.d`, and the built-in
    /// resource types before which a script of its own stands.
    case ready(monitors: [String], scripts: [String])
    /// One ended; the beginning of what it said.
    case finished(UInt64, CheckEnding, [UInt8])

    var bytes: [UInt8] {
        var writer = MessageWriter()
        switch self {
        case .ready(let monitors, let scripts):
            writer.put(UInt64(1))
            writer.put(monitors)
            writer.put(scripts)
        case .finished(let id, let ending, let output):
            writer.put(UInt64(2))
            writer.put(id)
            let (kind, code, text): (UInt64, Int64, String) =
                switch ending {
                case .exited(let code): (1, Int64(code), "")
                case .killed(let signal): (2, 0, signal)
                case .timedOut: (3, 0, "")
                case .notRun(let why): (4, 0, why)
                case .undecided: (5, 0, "")
                }
            writer.put(kind)
            writer.put(code)
            writer.put(text)
            writer.put(output)
        }
        return writer.bytes
    }

    init?(_ bytes: [UInt8]) {
        var reader = MessageReader(bytes)
        switch reader.number() {
        case 1:
            guard let monitors = reader.texts(), let scripts = reader.texts() else { return nil }
            self = .ready(monitors: monitors, scripts: scripts)
        case 2:
            guard let id = reader.number(), let kind = reader.number(),
                let code = reader.signed(), let text = reader.text(), let output = reader.data()
            else { return nil }
            let ending: CheckEnding
            switch kind {
            case 1: ending = .exited(Int32(truncatingIfNeeded: code))
            case 2: ending = .killed(text)
            case 3: ending = .timedOut
            case 4: ending = .notRun(text)
            case 5: ending = .undecided
            default: return nil
            }
            self = .finished(id, ending, output)
        default: return nil
        }
    }
}

// What the loop and the spawner say to each other, as values and as bytes. Carrying them is
// `HelperChannel`; running operations is `Spawner`.

import Failover
import Wire

/// One operation, complete: the spawner knows no configuration.
struct OperationRequest: Equatable {
    /// The core's number.
    var id: UInt64
    /// The group's name.
    var group: String
    /// The resource as haresources writes it.
    var resource: String
    /// Its type, the name of the program.
    var type: String
    /// Its arguments.
    var arguments: [String]
    /// What to do.
    var action: OperationAction
    /// How long it may take, in nanoseconds.
    var timeout: Int64
    /// Whether what a start leaves running may have to be suspended later.
    var isSuspendable = false
    /// Whether its program suspends it, and with it what writes through it.
    var isBarrier = false
    /// A start may make old data the newest there is (S11).
    var acceptsDataLoss = false
}

/// What the loop asks of the spawner.
enum SpawnerRequest: Equatable {
    /// Run an operation and report its end once.
    case run(OperationRequest)
    /// End an operation early.
    case cancel(UInt64)

    var bytes: [UInt8] {
        var writer = MessageWriter()
        switch self {
        case .run(let request):
            writer.put(UInt64(1))
            writer.put(request.id)
            writer.put(request.group)
            writer.put(request.resource)
            writer.put(request.type)
            writer.put(request.arguments)
            writer.put(request.action.rawValue)
            writer.put(request.timeout)
            let marks = [
                request.isSuspendable ? 1 : 0, request.acceptsDataLoss ? 2 : 0,
                request.isBarrier ? 4 : 0,
            ]
            writer.put(UInt64(marks.reduce(0, +)))
        case .cancel(let id):
            writer.put(UInt64(2))
            writer.put(id)
        }
        return writer.bytes
    }

    init?(_ bytes: [UInt8]) {
        var reader = MessageReader(bytes)
        switch reader.number() {
        case 1:
            guard let id = reader.number(), let group = reader.text(),
                let resource = reader.text(), let type = reader.text(),
                let arguments = reader.texts(),
                let action = reader.text().flatMap(OperationAction.init(rawValue:)),
                let timeout = reader.signed(), let marks = reader.number()
            else { return nil }
            self = .run(
                OperationRequest(
                    id: id,
                    group: group,
                    resource: resource,
                    type: type,
                    arguments: arguments,
                    action: action,
                    timeout: timeout,
                    isSuspendable: marks & 1 != 0,
                    isBarrier: marks & 4 != 0,
                    acceptsDataLoss: marks & 2 != 0
                )
            )
        case 2:
            guard let id = reader.number() else { return nil }
            self = .cancel(id)
        default:
            return nil
        }
    }
}

/// What the spawner tells the loop.
enum SpawnerReport: Equatable {
    /// No operation of an earlier daemon or spawner runs any more (S14); what had to be killed.
    case cleared([String])
    /// An operation ended.
    case finished(UInt64, OperationOutcome)

    var bytes: [UInt8] {
        var writer = MessageWriter()
        switch self {
        case .cleared(let killed):
            writer.put(UInt64(1))
            writer.put(killed)
        case .finished(let id, let outcome):
            writer.put(UInt64(2))
            writer.put(id)
            writer.put(outcome)
        }
        return writer.bytes
    }

    init?(_ bytes: [UInt8]) {
        var reader = MessageReader(bytes)
        switch reader.number() {
        case 1:
            guard let killed = reader.texts() else { return nil }
            self = .cleared(killed)
        case 2:
            guard let id = reader.number(), let outcome = reader.outcome() else { return nil }
            self = .finished(id, outcome)
        default:
            return nil
        }
    }
}

extension MessageWriter {
    /// **Shape** kind, whether there is an exit code, the code, the output.
    fileprivate mutating func put(_ outcome: OperationOutcome) {
        let (kind, failure): (UInt64, OperationFailure?) =
            switch outcome {
            case .succeeded: (1, nil)
            case .running: (2, nil)
            case .stopped: (3, nil)
            case .unknown(let failure): (4, failure)
            case .failed(let failure): (5, failure)
            case .timedOut(let failure): (6, failure)
            case .cancelled: (7, nil)
            case .interrupted: (8, nil)
            case .suspended: (9, nil)
            }
        put(kind)
        put(UInt64(failure?.exitCode == nil ? 0 : 1))
        put(Int64(failure?.exitCode ?? 0))
        put(failure?.output ?? "")
    }
}

extension MessageReader {
    fileprivate mutating func outcome() -> OperationOutcome? {
        guard let kind = number(), let hasCode = number(), let code = signed(), let output = text()
        else { return nil }
        let failure = OperationFailure(
            exitCode: hasCode == 0 ? nil : Int32(truncatingIfNeeded: code),
            output: output
        )
        switch kind {
        case 1: return .succeeded
        case 2: return .running
        case 3: return .stopped
        case 4: return .unknown(failure)
        case 5: return .failed(failure)
        case 6: return .timedOut(failure)
        case 7: return .cancelled
        case 8: return .interrupted
        case 9: return .suspended
        default: return nil
        }
    }
}

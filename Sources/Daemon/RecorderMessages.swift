// What the loop and the recorder say to each other. Writing is `Recorder`.

import Wire

/// What the loop asks of the recorder.
enum RecorderRequest: Equatable {
    /// Make these bytes the record, then answer with `written` and the number.
    case write(UInt64, [UInt8])
    /// Allow incarnation counters up to this one.
    case reserve(UInt64)
    /// Remember that the node reset itself at this second since 1970.
    case noteReset(Int64)
    /// Make these bytes the memory of the service monitors.
    case rememberMonitors([UInt8])

    var bytes: [UInt8] {
        var writer = MessageWriter()
        switch self {
        case .write(let id, let content):
            writer.put(UInt64(1))
            writer.put(id)
            writer.put(content)
        case .reserve(let counter):
            writer.put(UInt64(2))
            writer.put(counter)
        case .noteReset(let second):
            writer.put(UInt64(3))
            writer.put(second)
        case .rememberMonitors(let content):
            writer.put(UInt64(4))
            writer.put(content)
        }
        return writer.bytes
    }

    init?(_ bytes: [UInt8]) {
        var reader = MessageReader(bytes)
        switch reader.number() {
        case 1:
            guard let id = reader.number(), let content = reader.data() else { return nil }
            self = .write(id, content)
        case 2:
            guard let counter = reader.number() else { return nil }
            self = .reserve(counter)
        case 3:
            guard let second = reader.signed() else { return nil }
            self = .noteReset(second)
        case 4:
            guard let content = reader.data() else { return nil }
            self = .rememberMonitors(content)
        default: return nil
        }
    }
}

/// What the recorder answers.
enum RecorderReport: Equatable {
    /// The record of this number, and so all earlier ones, is on the disk.
    case written(UInt64)
    /// The write of the record failed, and is tried again: why, in words.
    case failing(String)
    /// The write of something that nobody waits for failed: why, in words.
    case lost(String)

    var bytes: [UInt8] {
        var writer = MessageWriter()
        switch self {
        case .written(let id):
            writer.put(UInt64(1))
            writer.put(id)
        case .failing(let text):
            writer.put(UInt64(2))
            writer.put(text)
        case .lost(let text):
            writer.put(UInt64(3))
            writer.put(text)
        }
        return writer.bytes
    }

    init?(_ bytes: [UInt8]) {
        var reader = MessageReader(bytes)
        switch reader.number() {
        case 1:
            guard let id = reader.number() else { return nil }
            self = .written(id)
        case 2:
            guard let text = reader.text() else { return nil }
            self = .failing(text)
        case 3:
            guard let text = reader.text() else { return nil }
            self = .lost(text)
        default: return nil
        }
    }
}

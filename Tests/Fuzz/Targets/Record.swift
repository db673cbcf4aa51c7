// Any content of a durable record whose length and checksum are right: what a record of another program, or of a
// restored machine, may hold. A core that begins with it settles and goes on, in the boot that wrote it and in another
// one, and what it writes then is read again as the same.

import Failover
import Wire

private let settings: Settings = {
    func group(_ name: String, _ side: Side) -> GroupSettings {
        let resource = ResourceSettings(name: name, type: "drbddisk", isStateless: false)
        return GroupSettings(name: GroupName(name), preferred: side, resources: [resource])
    }
    return Pair.settings(
        links: ["eth1"],
        groups: [group("192.168.1.100", .own), group("10.0.0.9", .peer)]
    )
}()

/// libFuzzer's entry.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    var input = unsafe Input(start, count)
    let content = input.remainder()
    do {
        _ = try RecordCoding.decode(content)
    } catch {
        precondition(!error.description.isEmpty, "a refusal without words")
    }
    do {
        let record = try RecordCoding.decode(file(content))
        let again = try RecordCoding.decode(RecordCoding.encode(record))
        precondition(record == again, "a record changed on its way")
        for boot in [record.bootID, BootID(high: ~record.bootID.high, low: 1)] {
            live(record, boot: boot, outcome: .stopped)
            live(record, boot: boot, outcome: .running)
        }
    } catch {
        // No record: the daemon begins without one, or not at all.
    }
    return 0
}

/// The content as a whole file.
private func file(_ content: [UInt8]) -> [UInt8] {
    var digest: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in content { digest = (digest ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    let digits = String(digest, radix: 16)
    let sum = String(repeating: "0", count: 16 - digits.count) + digits
    return Array("baton-record \(RecordCoding.version) \(content.count) \(sum)\n".utf8) + content
}

/// A minute of a core that begins with the record and never hears its peer.
private func live(_ record: DurableRecord, boot: BootID, outcome: OperationOutcome) {
    var machine = FailoverMachine(settings: settings)
    var now = Instant(nanoseconds: 1_000_000_000)
    var waiting: [Event] = [
        .started(
            Start(
                bootID: boot,
                incarnation: Incarnation(counter: record.incarnationCounter, nonce: 1),
                record: record,
                lastTurn: Instant(nanoseconds: 1)
            )
        )
    ]
    var isFirst = true
    while now < Instant(nanoseconds: 61_000_000_000) {
        var steps = 0
        while let event = waiting.first {
            waiting.removeFirst()
            for effect in machine.handle(event, at: now) {
                switch effect {
                case .persist(let id, let record):
                    waiting.append(.persisted(id))
                    do {
                        let read = try RecordCoding.decode(RecordCoding.encode(record))
                        precondition(read == record, "a record changed on its way")
                    } catch {
                        preconditionFailure("a record that cannot be read: \(error)")
                    }
                case .runOperation(let operation):
                    let isStatus = operation.action == .status
                    waiting.append(
                        .operationFinished(operation.id, isStatus ? outcome : .succeeded)
                    )
                default: break
                }
            }
            steps += 1
            precondition(steps < 1000, "one moment does not end")
        }
        _ = machine.status(at: now)
        if isFirst {
            isFirst = false
            waiting.append(.commandReceived(CommandID(1), .confirmDown(settings.peer)))
        }
        waiting.append(.timeReached)
        now = max(now + .milliseconds(100), machine.nextDeadline ?? now)
    }
}

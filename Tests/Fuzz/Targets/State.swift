// Any bytes in the small files and shared memory of one instance: what a power cut, an editor or an older version may
// have left there. What the daemon writes of what it read is read again as the same.

import Configuration
import Failover
import Linux
import Resources

@testable import Daemon

/// libFuzzer's entry.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    var input = unsafe Input(start, count)
    let bytes = input.remainder()
    let text = String(decoding: bytes, as: UTF8.self)
    let memory = MonitorMemory(bytes)
    precondition(MonitorMemory(memory.bytes) == memory, "a memory changed on its way")
    if let record = OperationRecord(text: text) {
        precondition(OperationRecord(text: record.text) == record, "a record changed on its way")
    }
    if let record = ServiceGroupRecord(text: text) {
        precondition(ServiceGroupRecord(text: record.text) == record, "a record changed on its way")
    }
    // What the program of a replicated resource prints, or a script that took its place.
    if let data = ReplicatedData(line: text) {
        let again = ReplicatedData(line: data.line)
        precondition(again?.copy == data.copy, "a copy changed on its way")
        precondition(again?.replication == data.replication, "a word changed on its way")
    }
    let services = GreenArrowStatus(text).services
    precondition(services.allSatisfy { !$0.text.contains("\u{1b}[31m") }, "a colour was left")
    let views = DRBDView.parse(text)
    precondition(
        DRBDView.parse(views.map(\.text).joined()).count == views.count,
        "a view was lost on its way"
    )
    if !bytes.contains(10) {
        // What haresources may name, in a record of this daemon.
        let record = OperationRecord(
            boot: "1",
            process: 2,
            startTicks: 3,
            group: text,
            resource: text,
            action: "start",
            deadline: 4
        )
        precondition(OperationRecord(text: record.text) == record, "a record changed on its way")
    }
    if let number = StateFile.number(in: bytes) { precondition(number >= 0, "\(number)") }
    _ = ProcessID.isStopped(inStat: bytes)
    if let times = StolenTime.times(text) { _ = StolenTime.percent(times, since: (0, 0)) }
    if let boot = BootID(bytes: bytes) { precondition(bytes.count == 16, "\(boot)") }
    if let files = ConfigurationStore.decode(bytes) {
        let again = ConfigurationStore.decode(ConfigurationStore.encode(files))
        for file in [\ConfigurationFiles.haCf, \.haresources, \.authkeys, \.monCf] {
            precondition(
                again?[keyPath: file]?.bytes == files[keyPath: file]?.bytes
                    && again?[keyPath: file]?.name == files[keyPath: file]?.name
                    && again?[keyPath: file]?.mode == files[keyPath: file]?.mode,
                "a file changed on its way"
            )
        }
        precondition(again?.lists == files.lists, "a list changed on its way")
        load(files)
    }
    return 0
}

/// What a loop makes of the files that an earlier one left.
private func load(_ files: ConfigurationFiles) {
    let result = LoadedConfiguration.make(files, node: "l0", ownAddresses: [])
    switch result {
    case .success((let loaded, _)):
        precondition(loaded.paths.count == loaded.settings.links.count, "a path is missing")
        precondition(loaded.wishes.count == loaded.settings.groups.count, "a group is missing")
    case .failure(let refusal):
        precondition(!refusal.text.isEmpty, "a refusal without words")
    }
}

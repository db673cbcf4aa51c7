// What monitors print and how they end, on its way through the schedule to alerts and administrators: outputs of any
// bytes, endings of any kind, in any order. Each run has its end, an environment holds no NUL, nothing grows.
//
// The input is a row of acts.

import Configuration
import Monitoring

private let configuration: MonitorConfiguration = {
    let text = """
        hostgroup servers 10.0.0.1 10.0.0.2
        watch servers
            service agg0
                interval 10s
                monitor tcp.monitor -p 80
                depend servers:agg1
                period wd {Mon-Sun}
                    alert mail.alert root
                    upalert mail.alert root
                    alertafter 2
                    alertevery 5m strict
            service agg1
                interval 10s
                monitor http.monitor
                redistribute mail.alert
                period wd {Mon-Sun}
                    alert mail.alert root
                    numalerts 3
        """
    let file = ConfigurationFile(name: "mon.cf", text: text)
    let files = ConfigurationFiles(
        haCf: ConfigurationFile(name: "ha.cf", text: "node l0 l1\nbcast eth1\n"),
        haresources: ConfigurationFile(name: "haresources", text: "l0 10.0.0.9 monitor::servers\n"),
        authkeys: ConfigurationFile(
            name: "authkeys",
            text: "auth 1\n1 sha256 0123456789abcdef\n",
            mode: 0o600
        ),
        monCf: file
    )
    let check = ConfigurationCheck(files, node: "l0")
    guard let found = check.configuration?.monitors else {
        preconditionFailure(Diagnostic.text(check.diagnostics))
    }
    return found
}()

private let noon = CivilTime(
    year: 2031,
    month: 5,
    day: 9,
    weekday: 6,
    yearDay: 129,
    hour: 12,
    minute: 0,
    second: 0
)

/// libFuzzer's entry.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    var input = unsafe Input(start, count)
    var machine = MonitorMachine(configuration, seed: 1)
    var now = Duration.seconds(1000)
    var running: [RunID] = []
    var last: UInt64 = 0
    func take(_ event: MonitorEvent) {
        let time = MonitorTime(
            elapsed: now,
            epoch: 1_900_000_000 + now.components.seconds,
            civil: noon
        )
        for effect in machine.handle(event, at: time) {
            switch effect {
            case .run(let run):
                precondition(run.id.number > last, "a number was used twice")
                last = run.id.number
                running.append(run.id)
                check(run.environment)
            case .cancel: break
            case .alert(let alert):
                check(alert.environment)
                precondition(alert.input.utf8.count <= MonitorMachine.outputLimit, "too much input")
            case .changed(let change):
                precondition(!change.service.isEmpty, "a change of nothing")
            }
        }
        precondition(running.count <= 2 * 64, "runs pile up")
    }
    take(.watching(["servers"]))
    for _ in 0..<128 where !input.isEmpty {
        switch input.byte() % 8 {
        case 0, 1, 2:
            guard !running.isEmpty else { continue }
            let id = running.remove(at: Int(input.byte()) % running.count)
            take(.finished(id, ending(&input)))
        case 3:
            now += .milliseconds(input.short())
            take(.timeReached)
        case 4:
            if let next = machine.nextDeadline { now = max(now, next) }
            take(.timeReached)
        case 5: take(.watching(input.byte() & 1 == 0 ? [] : ["servers"]))
        case 6: take(input.byte() & 1 == 0 ? .disable("servers/agg0") : .enable("servers"))
        default: take(.cleared)
        }
    }
    return 0
}

private func ending(_ input: inout Input) -> RunEnding {
    let word = input.byte()
    let output = String(decoding: input.piece(), as: UTF8.self)
    switch word & 7 {
    case 0: return .exited(0, output: output)
    case 1, 2, 3: return .exited(Int32(word), output: output)
    case 4: return .killed(signal: "SIGSEGV", output: output)
    case 5: return .timedOut(output: output)
    case 6: return .notRun(output)
    default: return .lost
    }
}

private func check(_ environment: [String]) {
    for variable in environment {
        precondition(!variable.utf8.contains(0), "a NUL in \(variable.debugDescription)")
        precondition(variable.utf8.contains(UInt8(ascii: "=")), "no variable: \(variable)")
    }
}

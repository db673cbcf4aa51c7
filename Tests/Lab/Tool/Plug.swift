// `baton-lab crash` pulls the plug: every link of a node cut and all its processes killed at one
// moment, carrier kept. `cut` and `heal` change links alone. A node's processes live in a process
// namespace, so that killing its first process is, for the kernel, killing all of them.

import CLab

/// `crash --pid PID --ports A,B [--unplug C] [--mark FILE --text TEXT]`: run in the namespace of the switch.
///
/// `--unplug` names ports at whose far end the carrier goes too, as where a direct cable ended in the
/// dead machine. They come last: taking a device down waits for the kernel.
func crash(_ options: Options) throws(LabFailure) {
    let ports = try options.required("ports").split(separator: ",").map(String.init)
    let pid = try options.number("pid", default: 0)
    guard pid > 1 else { throw LabFailure(text: "--pid is missing", isUsage: true) }
    _ = lab_become_realtime(30)
    let before = Kernel.now
    try Kernel.setBridgePorts(ports, forwarding: false)
    let cut = Kernel.now
    guard lab_kill(Int32(pid), 9) == 0 else { throw .call("kill \(pid)") }
    let after = Kernel.now
    for port in options.all("unplug") { try Kernel.takeDown(port) }
    let unplugged = Kernel.now
    if let file = options.text("mark") {
        try appendMark(options.text("text") ?? "crash", at: before, to: file)
        try appendMark("off:\(options.text("node") ?? "?")", at: cut, to: file)
    }
    print(
        "cut after \(microseconds(cut - before)) µs,"
            + " killed after \(microseconds(after - before)) µs"
            + (options.has("unplug")
                ? ", unplugged after \(microseconds(unplugged - before)) µs" : "")
    )
}

/// `cut PORT…` and `heal PORT…`: carrier stays, nothing passes (or passes again).
func setPorts(_ options: Options, forwarding: Bool) throws(LabFailure) {
    try Kernel.setBridgePorts(options.words, forwarding: forwarding)
}

func microseconds(_ duration: Nanoseconds) -> Int64 { duration / 1_000 }

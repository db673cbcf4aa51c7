// `baton-lab`: the instruments of the laboratory (Tests/Lab/README.md). Which does what is said on
// top of each file; this one only finds it by name.

import CLab

private let usage = """
    usage: baton-lab VERB …
      serve    --name NODE [--port 7000]                      answer with the node's name
      probe    --target ADDRESS [--port 7000] [--tcp] [--seconds N] [--interval MS] [--device eth1]
               [--watch NODE=NAMESPACE]… [--marks FILE] [--json FILE] [--figures FILE] [--quiet]
      mark     FILE TEXT [COMMAND…]                           stamp the moment, become the command
      crash    --pid PID --ports A,B [--unplug C]… [--node NODE] [--mark FILE]
      cut      PORT…                                          in the switch: nothing passes
      heal     PORT…                                          and passes again; carrier untouched
      cable    A B [--loss-ab P] [--loss-ba P] [--delay MS] [--double P] [--seed N]
      beats    --device PORT… [--port 694] [--seconds N]      are heartbeats on time?
      hostile  --device PORT… [--port 694] [--count N] [--rate N] [--seed N]
      record   --device PORT… --file F [--port 694] [--seconds N]   keep beats with their times
      replay   --file F --pair FROM:TO… [--pace PERCENT] [--seconds N]
      spoof    --device eth1 --address A… [--mac M] [--interval MS] [--seconds N]
      visitors --socket PATH… [--idle 500] [--hostile 50] [--seconds N]
      ask      --socket PATH LINE                             one line to a local socket, the answer
      heard    --device eth1 --count N [--seconds N] [--ready FILE]   until N addresses were announced
      announce --device eth1 --address ADDRESS                one gratuitous ARP
      pick     PATH                                           one value of the JSON on stdin

    """

private func announce(_ options: Options) throws(LabFailure) {
    let device = try options.required("device")
    let socket = try Kernel.packetSocket(device: device, ethertype: 0x806, promiscuous: false)
    let packet = ARP.announcement(
        of: try options.address("address"),
        by: try Kernel.mac(ofDevice: device)
    )
    guard Kernel.send(packet.frame, on: socket) else { throw .call("announcement on \(device)") }
}

private func run(_ verb: String, _ rest: [String]) throws(LabFailure) {
    if verb == "mark" { return try mark(rest) }
    if verb == "pick" { return try pick(rest) }
    let options = try Options(rest, flags: ["tcp", "quiet"])
    switch verb {
    case "serve": try serve(options)
    case "probe": try probe(options)
    case "crash": try crash(options)
    case "cut": try setPorts(options, forwarding: false)
    case "heal": try setPorts(options, forwarding: true)
    case "cable": try cable(options)
    case "beats": try beats(options)
    case "hostile": try hostile(options)
    case "record": try record(options)
    case "replay": try replay(options)
    case "spoof": try spoof(options)
    case "visitors": try visitors(options)
    case "ask": try ask(options)
    case "heard": try heard(options)
    case "announce": try announce(options)
    default: throw LabFailure(text: "no verb \(verb)\n\(usage)", isUsage: true)
    }
}

lab_catch_stop_signals()
private let arguments = Array(CommandLine.arguments.dropFirst())
do throws(LabFailure) {
    guard let verb = arguments.first else { throw LabFailure(text: usage, isUsage: true) }
    try run(verb, Array(arguments.dropFirst()))
} catch {
    Kernel.complain("baton-lab: \(error.text)\n")
    Kernel.exit(error.isUsage ? 2 : 1)
}

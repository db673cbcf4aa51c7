// What the other daemon and this one say, on its way to an administrator: two lines, this node's response and the other
// node's. Whatever they claim, it is told in text without control characters, and nothing in it stops the program
// that tells it.

import Failover
import Wire

@testable import Reporting

/// libFuzzer's entry.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    var input = unsafe Input(start, count)
    let lines = input.parts(at: 10, most: 2)
    let responses = lines.map { (line) -> ControlResponse? in
        do throws(ControlError) {
            return try ControlCoding.decodeResponse(Array(line))
        } catch {
            expectPrintable(printable(error.text), "a refusal")
            return nil
        }
    }
    let other = responses.count > 1 ? responses[1] : nil
    for width in [nil, 20, 80] {
        switch responses.first ?? nil {
        case .status(let status): tell(status, other, width)
        case .explanation(let explanation): tell(explanation, other, width)
        case .replicas(let report): tell(report, other, width)
        case .fence(let reply): expectPrintable(printable(reply.text), "a copy")
        case .reply(let reply): expectPrintable(printable(reply.text, keepsLines: true), "a reply")
        case .progress, .version, .files, .error, nil: break
        }
    }
    return 0
}

private func tell(_ status: Status, _ other: ControlResponse?, _ width: Int?) {
    let writer = StatusText(width: width)
    expectPrintable(writer.text(of: status), "a status")
    if case .status(let peer)? = other {
        expectPrintable(writer.text(ofPeer: peer, besides: status), "the other node's status")
        _ = ControlCoding.text(status, peerView: .success(peer))
    } else {
        _ = ControlCoding.text(status)
    }
    expectPrintable(
        writer.text(ofUnknownPeer: status.peer.name, because: status.reason),
        "no status"
    )
    let monitors = MonitorsText(width: width)
    expectPrintable(monitors.table(of: status), "a table of monitors")
    for monitor in status.monitors.prefix(4) {
        expectPrintable(monitors.history(of: monitor, in: status), "a history")
        _ = MonitorLookup(monitor.name, in: status)
    }
    for group in status.groups.prefix(4) {
        _ = GroupLookup(String(group.name.prefix(3)), in: status)
    }
    ask(HeartbeatQuestions(status, isForPeople: width == nil), status)
}

private func ask(_ questions: HeartbeatQuestions, _ status: Status) {
    _ = questions.resourceStatus
    _ = questions.running(isVerbose: true)
    _ = questions.nodes(wantsPing: true, wantsNormal: true, isVerbose: true)
    for node in [status.node, status.peer.name] {
        _ = questions.nodeStatus(node)
        _ = questions.links(node, isVerbose: true)
        for link in status.links.prefix(4) { _ = questions.linkStatus(node, link.name) }
    }
}

private func tell(_ explanation: Explanation, _ other: ControlResponse?, _ width: Int?) {
    var peer = Result<Explanation, PeerSilence>.failure(PeerSilence(node: "l1", why: "silent"))
    if case .explanation(let explanation)? = other { peer = .success(explanation) }
    let writer = ExplanationText(width: width) { "\($0)" }
    expectPrintable(writer.text(of: explanation, peer: peer, count: 20), "an explanation")
    _ = ControlCoding.text(explanation, peer: peer.mapError { ControlError(.noAnswer, $0.why) })
    for decision in explanation.decisions.prefix(4) {
        expectPrintable(decision.notice.line, "a notice")
    }
}

private func tell(_ report: ReplicaReport, _ other: ControlResponse?, _ width: Int?) {
    var peer = Result<ReplicaReport, PeerSilence>.failure(PeerSilence(node: "l1", why: "silent"))
    if case .replicas(let report)? = other { peer = .success(report) }
    let writer = ReplicaText(width: width)
    expectPrintable(writer.text(of: report, peer: peer), "the copies on both nodes")
    expectPrintable(writer.text(of: report, peer: nil), "the copies here")
}

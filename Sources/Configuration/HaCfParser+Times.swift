// What the values of ha.cf mean together: what is missing, and times that contradict each other.

internal import Failover

extension HaCfParser {
    // MARK: Values against each other

    mutating func checkTogether() {
        if result.nodes.isEmpty {
            list.error(.missingDirective, at: nil, "no node is named", hint: "node NAME NAME")
        } else if result.nodes.count == 1,
            !list.kept.contains(where: { $0.code == .wrongNodeCount })
        {
            list.error(
                .wrongNodeCount,
                at: result.positions["node"],
                "only one node is named: a pair has two",
                hint: "node \(result.nodes[0]) OTHER"
            )
        }
        if result.links.isEmpty,
            !list.kept.contains(where: { $0.severity == .error && $0.line > 0 })
        {
            list.error(
                .missingDirective,
                at: nil,
                hasUnsupportedLink
                    ? "none of the heartbeat links named can be used"
                    : "no heartbeat link is named",
                hint: "bcast DEVICE, or ucast DEVICE ADDRESS"
            )
        }
        checkTimes()
        switch result.autoFailback {
        case nil:
            list.note(
                .failbackUnset,
                at: nil,
                "auto_failback is not set and is off: a group stays where it is; in Heartbeat it was legacy",
                hint: "say `auto_failback off`, or `auto_failback on` for groups that go back"
            )
        case .legacy:
            list.note(
                .failbackLegacy,
                at: result.positions["auto_failback"],
                "auto_failback legacy is carried out as on: the group is asked for, not grabbed"
            )
        case .on, .off: break
        }
    }

    mutating func checkTimes() {
        let times = result.timings
        let twice = times.keepalive * 2
        let place = result.positions["deadtime"] ?? result.positions["keepalive"]
        if times.deadtime <= twice {
            list.error(
                .timesConflict,
                at: place,
                "deadtime \(times.deadtime.shortText) must be more than twice keepalive "
                    + times.keepalive.shortText,
                hint: "deadtime \((times.keepalive * 3).shortText) is three keepalives"
            )
        }
        if let initdead = result.initdead, initdead < times.deadtime {
            list.error(
                .timesConflict,
                at: result.positions["initdead"],
                "initdead \(initdead.shortText) is less than deadtime \(times.deadtime.shortText)"
            )
        }
        if let deadping = result.deadping, deadping <= twice {
            list.error(
                .timesConflict,
                at: result.positions["deadping"],
                "deadping \(deadping.shortText) must be more than twice keepalive "
                    + times.keepalive.shortText
            )
        }
        if let earlyFloor = result.earlyFloor, earlyFloor >= times.deadtime {
            list.error(
                .timesConflict,
                at: result.positions["early_floor"],
                "early_floor \(earlyFloor.shortText) must be less than deadtime "
                    + times.deadtime.shortText,
                hint: "a verdict that comes no earlier than deadtime is `early_takeover off`"
            )
        }
        guard let warntime = result.warntime else { return }
        if warntime >= times.deadtime {
            list.warning(
                .timesConflict,
                at: result.positions["warntime"],
                "warntime \(warntime.shortText) is not below deadtime \(times.deadtime.shortText): "
                    + "nothing is ever called late"
            )
        } else if warntime <= times.keepalive {
            list.warning(
                .timesConflict,
                at: result.positions["warntime"],
                "warntime \(warntime.shortText) is not above keepalive \(times.keepalive.shortText): "
                    + "every heartbeat is called late"
            )
        }
    }
}

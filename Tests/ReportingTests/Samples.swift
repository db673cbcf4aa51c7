// Status values as the core makes them in the situations an administrator meets.

import Failover

enum Sample {
    static let address = "192.168.6.100"

    /// The situations that have a golden text.
    enum Situation: String, CaseIterable {
        case healthy
        case standbySide = "standby-side"
        case takeoverHeld = "takeover-held"
        case aloneAfterBoot = "alone-after-boot"
        case failedStart = "failed-start"
        case unsafeStop = "unsafe-stop"
        case unknown
        case twelveGroups = "twelve-groups"
        case failedServiceStays = "failed-service-stays"
        case heldDown = "held-down"
        case budgetUsed = "budget-used"

        var status: Status {
            switch self {
            case .healthy: Sample.healthy
            case .standbySide: Sample.standbySide
            case .takeoverHeld: Sample.takeoverHeld
            case .aloneAfterBoot: Sample.aloneAfterBoot
            case .failedStart: Sample.failedStart
            case .unsafeStop: Sample.unsafeStop
            case .unknown: Sample.unknown
            case .twelveGroups: Sample.twelveGroups
            case .failedServiceStays: Sample.failedServiceStays
            case .heldDown: Sample.heldDown
            case .budgetUsed: Sample.budgetUsed
            }
        }
    }

    /// A healthy pair, seen from the active node.
    static var healthy: Status {
        Status(
            node: "l0",
            incarnation: "3.9d1c55e0a7b20f41",
            peer: PeerStatus(
                name: "l1",
                state: .alive,
                lastHeardMilliseconds: 412,
                incarnation: "7.51"
            ),
            links: [LinkStatus(name: "bcast eth1", kind: .configured, state: .up)],
            groups: [group(state: .active, owner: "l0", resources: .running)],
            protection: ProtectionStatus(
                level: .evidence,
                gaps: [
                    "one network carries beats, replication and clients: when it is cut both may take"
                ]
            ),
            lastMove: "192.168.6.100 came to l0 at 2026-03-01 03:12:07",
            reason: "l0 took 192.168.6.100 because l1 offered it",
            nextStep: nil
        )
    }

    /// The same pair, seen from the other node.
    static var standbySide: Status {
        var status = healthy
        status.node = "l1"
        status.peer.name = "l0"
        status.groups = [group(state: .standby, owner: "l0", resources: .stopped)]
        status.lastMove = nil
        status.reason = "l0 holds every group"
        return status
    }

    /// The peer is silent but its host answers: storage is not taken.
    static var takeoverHeld: Status {
        var status = standbySide
        status.peer.state = .silent
        status.peer.lastHeardMilliseconds = 4_260
        status.links = [
            LinkStatus(name: "bcast eth1", kind: .configured, state: .down),
            LinkStatus(name: "eth0 192.168.6.1", kind: .learnt, state: .down),
        ]
        status.reason =
            "takeover of 192.168.6.100 is held (S1): l0 is silent on every path, but its host still"
            + " answers ARP on eth0, and the group holds storage"
        status.nextStep = "switch l0 off, then: baton confirm-down l0"
        return status
    }

    /// One node alone after boot.
    static var aloneAfterBoot: Status {
        var status = healthy
        status.peer = PeerStatus(
            name: "l1",
            state: .unknown,
            lastHeardMilliseconds: nil,
            incarnation: nil
        )
        status.links = [LinkStatus(name: "bcast eth1", kind: .configured, state: .down)]
        status.groups = [group(state: .standby, owner: nil, resources: .stopped)]
        status.groups[0].epoch = 0
        status.lastMove = nil
        status.reason = "l1 was not heard since this boot; a silent peer may hold the service"
        status.nextStep = "baton confirm-down l1"
        return status
    }

    /// A start failed and the peer could not take.
    static var failedStart: Status {
        var status = healthy
        status.peer.state = .dead
        status.peer.lastHeardMilliseconds = 91_000
        status.links[0].state = .down
        status.groups = [group(state: .failed, owner: nil, resources: .stopped)]
        status.groups[0].fit = false
        status.groups[0].unfitReason = "the start of Filesystem::/dev/drbd0::/local::ext3 failed"
        status.groups[0].resources[1].state = .failed
        status.groups[0].resources[1].lastOperationMilliseconds = 310
        status.groups[0].resources[1].failure = OperationFailure(
            exitCode: 1,
            output:
                "mount: /local: can't read superblock on /dev/drbd0.\u{1b}[2J\n\nFilesystem: FAILED\n"
        )
        status.lastMove = "192.168.6.100 failed on l0"
        status.reason =
            "a resource of 192.168.6.100 failed to start (exit code 1), the rest was stopped"
        return status
    }

    /// A stop failed: the resource may still write.
    static var unsafeStop: Status {
        var status = healthy
        status.groups = [group(state: .failed, owner: "l0", resources: .running)]
        status.groups[0].fit = false
        status.groups[0].unfitReason =
            "the stop of Filesystem::/dev/drbd0::/local::ext3 is unconfirmed"
        status.groups[0].resources[2].state = .stopped
        status.groups[0].resources[1].state = .failed
        status.groups[0].resources[1].failure = OperationFailure(exitCode: nil, output: "")
        status.reason = "a stop timed out (S4); this node was reset less than an hour ago"
        return status
    }

    /// A daemon restarted and probes (S14).
    static var unknown: Status {
        var status = healthy
        status.groups = [group(state: .unknown, owner: nil, resources: .unknown)]
        status.groups[0].fit = false
        status.groups[0].resources[0].state = .running
        status.reason = "the daemon started anew and asks each resource for its state (S14)"
        status.lastMove = nil
        return status
    }

    /// Twelve groups on two nodes, one moving, one frozen.
    static var twelveGroups: Status {
        var status = healthy
        status.groups = (0..<12).map { index in
            var one = group(
                state: index % 2 == 0 ? .active : .standby,
                owner: index % 2 == 0 ? "l0" : "l1",
                resources: index % 2 == 0 ? .running : .stopped
            )
            one.name = "10.0.0.\(index + 1)"
            one.preferred = index % 2 == 0 ? "l0" : "l1"
            one.epoch = UInt64(index * index)
            return one
        }
        status.groups[3].frozen = FrozenStatus(by: "root", until: "06:00", reason: "backup runs")
        status.groups[5].state = .acquiring
        status.groups[5].resources[2].state = .starting
        status.groups[5].resources[2].since = 700
        status.groups[5].resources[0].state = .running
        status.groups[5].resources[1].state = .running
        return status
    }

    /// A port does not answer, and the other node could not do better.
    static var failedServiceStays: Status {
        var status = healthy
        status.monitors = services
        status.groups[0].failures = [
            "servers/agg0: localhost", "servers/mysql: Can't connect\u{7}",
        ]
        status.groups[0].whyNotMoved = "l1 is not fit: the start of linkserv failed"
        status.reason =
            "servers/agg0, servers/mysql of 192.168.6.100 failed, and 192.168.6.100 stays here: l1 is not fit"
        status.nextStep = "baton monitors"
        return status
    }

    /// The node that lost the group for a failed service; the group is frozen besides.
    static var heldDown: Status {
        var status = standbySide
        status.groups[0].fit = false
        status.groups[0].unfitReason = "it is held down"
        status.groups[0].heldDownMilliseconds = 252_000
        status.groups[0].frozen = FrozenStatus(
            by: "anna",
            until: nil,
            remainingMilliseconds: 5_400_000,
            reason: "new disks"
        )
        status.monitors = services.map {
            MonitorStatus(name: $0.name, state: .idle, groups: $0.groups)
        }
        return status
    }

    /// Both nodes' services failed in turn.
    static var budgetUsed: Status {
        var status = healthy
        status.groups[0].frozen = FrozenStatus(
            by: "move_budget",
            until: nil,
            remainingMilliseconds: 1_500_000,
            reason: "3 moves on health grounds within an hour; deaths and commands still move it"
        )
        status.monitors = services.map {
            MonitorStatus(name: $0.name, state: .ok, sinceMilliseconds: 90_000, groups: $0.groups)
        }
        return status
    }

    /// Five services in the states a service may be in.
    static var services: [MonitorStatus] {
        func one(
            _ name: String,
            _ state: MonitorState,
            _ result: MonitorRunResult?,
            _ summary: String,
            failures: Int = 0
        ) -> MonitorStatus {
            MonitorStatus(
                name: "servers/" + name,
                state: state,
                action: name == "mysql" ? .notify : .standby,
                summary: summary,
                consecutiveFailures: failures,
                sinceMilliseconds: 75_000,
                lastRunMilliseconds: result == nil ? nil : 4_200,
                lastRunTookMilliseconds: result == nil ? nil : 3,
                lastRunResult: result,
                nextRunMilliseconds: state == .disabled ? nil : 25_800,
                groups: [address]
            )
        }
        return [
            one("agg0", .failed, .failed, "localhost", failures: 3),
            one("agg1", .ok, .ok, ""),
            one("agg2", .disabled, nil, "switched off"),
            one("web", .unknown, .unknown, "baton-monitor: no program"),
            one("mysql", .failed, .failed, "Can't connect\u{7}", failures: 2),
            one("late", .untested, nil, ""),
        ]
    }

    static func group(
        state: GroupState,
        owner: String?,
        resources: ResourceState
    ) -> GroupStatus {
        let names = [
            ("192.168.6.100", "IPaddr"), ("Filesystem::/dev/drbd0::/local::ext3", "Filesystem"),
            ("linkserv", "linkserv"),
        ]
        return GroupStatus(
            name: address,
            state: state,
            owner: owner,
            epoch: 4,
            preferred: "l0",
            fit: true,
            unfitReason: nil,
            resources: names.enumerated().map { index, name in
                ResourceStatus(
                    name: name.0,
                    type: name.1,
                    state: resources,
                    since: 7_800_000 + Int64(index) * 100_000,
                    lastOperationMilliseconds: Int64(12 * (index + 1)),
                    failure: nil
                )
            }
        )
    }
}

// The table against the parsers, and the texts made from it.

import Testing

@testable import Configuration

@Suite struct DirectiveTests {
    @Test(arguments: Directive.all.filter { $0.file == .haCf })
    func everyExampleOfHaCfIsRead(row: Directive) {
        var base = ["node l0 l1", "bcast eth9", "auto_failback off"]
        if row.name == "deadtime" { base.append("keepalive 10ms") }
        base.removeAll { row.name == "auto_failback" && $0.hasPrefix("auto_failback") }
        base.removeAll { row.name == "node" && $0.hasPrefix("node") }
        for example in row.examples {
            let (_, diagnostics) = haCf((base + [example]).joined(separator: "\n") + "\n")
            #expect(!diagnostics.contains { $0.severity == .error }, "\(example)")
            switch row.standing {
            case .honoured:
                #expect(!diagnostics.contains { $0.code == .withoutEffect }, "\(example)")
            case .withoutEffect(_, let severity):
                let said = diagnostics.filter { $0.code == .withoutEffect }
                #expect(said.map(\.severity) == [severity], "\(example)")
                #expect(said.first?.message.contains("'\(row.name)'") == true)
            case .refused: Issue.record("a refused directive has no example")
            }
        }
        #expect(row.examples.isEmpty == (row.name == "hbaping"))
    }

    @Test func aRefusedDirectiveIsAnErrorThatNamesItsHeir() {
        for row in Directive.all {
            guard case .refused(let useInstead) = row.standing else { continue }
            let (_, diagnostics) = haCf(goodHaCf + "\(row.name) x\n")
            #expect(diagnostics.map(\.code) == [.refusedDirective])
            #expect(diagnostics.first?.hint == "use \(useInstead)")
        }
    }

    @Test(arguments: Directive.all.filter { $0.file == .haresources })
    func everyExampleOfHaresourcesIsRead(row: Directive) {
        for example in row.examples {
            let file = ConfigurationFile(name: "haresources", text: example + "\n")
            let (result, list) = HaresourcesParser.parse(
                file,
                nodes: ["l0", "l1"],
                stateless: [],
                lists: AddressList.paths(in: file).map {
                    ConfigurationFile(name: $0, text: "10.0.0.1/24\n")
                }
            )
            let (groups, diagnostics) = (result.groups, list.all)
            #expect(diagnostics == [], "\(example)")
            #expect(groups.first?.resources.first?.type == row.name)
            #expect(
                groups.first?.resources.first?.isStateless
                    == Directive.statelessTypes.contains(row.name)
            )
        }
    }

    @Test(arguments: Directive.all.filter { $0.file == .authkeys })
    func everyExampleOfAuthkeysIsRead(row: Directive) {
        for example in row.examples {
            let (keys, diagnostics) = authkeys(example + "\n")
            #expect(!diagnostics.contains { $0.severity == .error })
            #expect(keys != nil)
        }
    }

    @Test(arguments: Directive.all.filter { $0.file == .monCf })
    func everyExampleOfMonCfIsRead(row: Directive) {
        for example in row.examples {
            let (_, diagnostics) = monCf(example + "\n")
            #expect(!diagnostics.contains { $0.severity == .error }, "\(example): \(diagnostics)")
            let said = diagnostics.contains { $0.code == .withoutEffect }
            if row.section == .globals {
                #expect(said == (row.standing != .honoured), "\(example)")
            }
        }
    }

    @Test func everyDirectiveOfTheReferenceIsInTheTable() {
        let reference = """
            node keepalive deadtime warntime initdead deadping bcast ucast ucast6 mcast mcast6 serial baud
            udpport hopfudge auto_failback nice_failback ping ping_group hbaping respawn failfast apiauth
            stonith stonith_host watchdog logfacility logfile debugfile use_logd conn_logd_time syslogmsgfmt
            debug log_badpack realtime rtprio memreserve coredumps coreroot msgfmt compression
            compression_threshold traditional_compression hbgenmethod uuidfrom autojoin max_rexmit_delay env
            use_apphbd cluster quorum_server crm pacemaker crm_daemon_dir crmd_spawns_pengine
            record_config_changes record_pengine_inputs enable_config_writes normalpoll udp
            unproved_takeover stateless parallel timeout fit_settle failback_settle offer_timeout auto_links hold_down move_budget
            restart_budget monitor_interval notify notify_rate jeopardy_time early_takeover early_floor early_probes boot_policy
            announce_interval freezer cut_connections address_last track_interface track_script notify_state
            """
        let words = reference.split { $0 == " " || $0 == "\n" }.map(String.init)
        #expect(Set(Directive.words(of: .haCf)) == Set(words))
    }

    @Test func helpTellsGrammarUnitDefaultRangeAndEffect() {
        #expect(
            Directive.help(for: "deadtime") == """
                deadtime (ha.cf, times)

                    deadtime TIME

                    The silence on every link after which the peer's daemon is taken for dead,
                    and the evidence gathered meanwhile decides. It must be more than twice
                    keepalive.

                    Unit      seconds; us, ms, s, m, h or d may follow the number
                    Default   30s
                    Range     50ms to 7d
                    Here      carried out
                    Example   deadtime 3

                """
        )
        #expect(
            Directive.help(for: "stonith") == """
                stonith (ha.cf, safety)

                    stonith TYPE FILE

                    A fencing device, its parameters in a file.

                    Here      read and checked, without effect: fencing is not built yet: nobody
                              is shot
                    Example   stonith baytech /etc/ha.d/conf/stonith.baytech

                """
        )
        #expect(Directive.help(for: "nonsense") == nil)
        #expect(Directive.nearest(to: "deadtme") == "deadtime")
    }

    @Test func aWordOfTwoFilesIsExplainedTwice() {
        let text = Directive.help(for: "monitor") ?? ""
        #expect(text.contains("monitor (haresources, resource types)"))
        #expect(text.contains("monitor (mon.cf, service lines)"))
    }

    @Test func codesAreDistinctAndReadable() {
        for code in Diagnostic.Code.allCases {
            #expect(
                code.rawValue.utf8.allSatisfy { $0 == 45 || (97...122).contains($0) || $0 == 56 }
            )
        }
    }
}

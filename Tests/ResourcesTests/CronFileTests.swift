// cronfile on real files: whose text is in force, and whose is kept. What asks the other node is `baton sync cronfile`
// (CommandTests).

import Foundation
import Testing

struct CronFileTests {
    /// A directory of cron's, with a program `baton` that is asked by `ready`.
    private struct Place {
        let scratch: Scratch
        var path: String { scratch.path + "/jobs" }
        var copy: String { scratch.path + "/.jobs.standby" }
        var agreed: String { scratch.path + "/.jobs.agreed" }

        init() throws { scratch = try Scratch() }

        func act(_ action: String) throws -> Run {
            try Program.run(Program.resource, ["cronfile", path, action], environment: [:])
        }

        func write(_ text: String, _ path: String) throws {
            try text.write(toFile: path, atomically: true, encoding: .utf8)
        }

        func read(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }
    }

    @Test func theHolderHasTheFileAndTheOtherItsCopy() throws {
        let place = try Place()
        try place.write("* * * * * root true\n", place.path)
        try Program.shell("chmod 640 \(place.path)")
        #expect(try place.act("status").exit == 0)
        #expect(try place.act("stop") == Run(exit: 0, output: ""))
        #expect(try place.act("status").exit == 3)
        #expect(place.read(place.path) == nil)
        #expect(place.read(place.copy) == "* * * * * root true\n")
        #expect(try place.act("stop").exit == 0)
        #expect(try place.act("start") == Run(exit: 0, output: ""))
        #expect(try place.act("start").exit == 0)
        #expect(place.read(place.path) == "* * * * * root true\n")
        #expect(place.read(place.copy) == nil)
        #expect(place.read(place.agreed) == "* * * * * root true\n")
        let left = try Program.shell("cd \(place.scratch.path) && ls -A && stat -c %a jobs")
        #expect(left.output == ".jobs.agreed\njobs\n640\n")
    }

    @Test func twoTextsAreBothKept() throws {
        let place = try Place()
        try place.write("1\n", place.path)
        try place.write("2\n", place.copy)
        let start = try place.act("start")
        #expect(start.exit == 0 && start.output.contains("differs from what was kept"))
        #expect(place.read(place.path) == "1\n" && place.read(place.copy) == "2\n")
        #expect(try place.act("stop").exit == 0)
        #expect(place.read(place.copy) == "1\n")
        #expect(place.read(place.scratch.path + "/.jobs.before-stop") == "2\n")
    }

    @Test func whatIsMissingOrWrongIsSaid() throws {
        let place = try Place()
        let none = try place.act("start")
        #expect(none.exit == 1 && none.output.contains("there is neither \(place.path) nor"))
        try place.write("1\n", place.path)
        let there = try place.act("ready")
        #expect(there.exit == 1 && there.output.contains("mv \(place.path) \(place.copy)"))
        try Program.shell("head -c 40000 /dev/zero >\(place.path)")
        let long = try place.act("stop")
        #expect(long.exit == 1 && long.output.contains("longer than 32768 bytes"))
        for words in [[], ["jobs"], ["/etc/cron.d/.jobs"], ["/etc/cron.d/"], ["/a", "/b"]] {
            let run = try Program.run(
                Program.resource,
                ["cronfile"] + words + ["status"],
                environment: [:]
            )
            #expect(run.exit == 2, "\(words): \(run.output)")
        }
    }
}

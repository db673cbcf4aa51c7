// Files, locks, and the reset that writes into one.

import Testing

@testable import Linux

@Suite struct FileTests {
    @Test func replacedFileHasContentAndModeAndLeavesNoTemporary() throws {
        try withDirectory { directory in
            let path = "\(directory)/state"
            try Files.replaceDurably(path, with: Array("one".utf8))
            try Files.replaceDurably(path, with: Array("two".utf8), mode: 0o640)
            #expect(try Files.read(path, maximum: 3) == Array("two".utf8))
            #expect(Files.mode(path) == 0o640)
            #expect(try Files.list(directory) == ["state"])
        }
    }

    @Test func failedReplacementLeavesTheOldFile() throws {
        try withDirectory { directory in
            let path = "\(directory)/state"
            try Files.replaceDurably(path, with: Array("one".utf8))
            // A directory where the temporary file should be made.
            try Files.makeDirectory("\(path).new", mode: 0o700)
            expect(Errno(rawValue: 21)) { () throws(SystemError) in
                try Files.replaceDurably(path, with: Array("two".utf8))
            }
            #expect(try Files.read(path, maximum: 100) == Array("one".utf8))
            // Nor is half a file left where the name is taken.
            try Files.makeDirectory("\(directory)/place", mode: 0o700)
            expect(Errno(rawValue: 21)) { () throws(SystemError) in
                try Files.replaceDurably("\(directory)/place", with: Array("two".utf8))
            }
            #expect(!Files.exists("\(directory)/place.new"))
            #expect(try run("/bin/rmdir", ["\(path).new"]).ending == .exited(0))
        }
    }

    @Test func replacedFileMayHaveTheOwnerOfAnother() throws {
        guard ThisProcess.isRoot else { return }
        try withDirectory { directory in
            let (path, model) = ("\(directory)/state", "\(directory)/model")
            try Files.replaceDurably(model, with: [])
            #expect(try run("/bin/chown", ["1234:4321", model]).ending == .exited(0))
            try Files.replaceDurably(path, with: [], mode: 0o640, ownedLike: model)
            #expect(Files.owner(path) == 1234)
            #expect(Files.mode(path) == 0o640)
        }
    }

    @Test func readingIsBoundedAndNamesTheFile() throws {
        try withDirectory { directory in
            let path = "\(directory)/file"
            try Files.appendDurably(path, [1, 2])
            try Files.appendDurably(path, [3])
            #expect(try Files.read(path, maximum: 3) == [1, 2, 3])
            expect(.tooLarge) { () throws(SystemError) in try Files.read(path, maximum: 2) }
            #expect(throws: SystemError(call: "open", errno: .notFound, object: "\(path)x")) {
                try Files.read("\(path)x", maximum: 1)
            }
            #expect(
                throws: SystemError(call: "read", errno: Errno(rawValue: 21), object: directory)
            ) {
                try Files.read(directory, maximum: 1)
            }
        }
    }

    @Test func directoriesAndFilesAreMadeOnceAndRemovedOnce() throws {
        try withDirectory { directory in
            let path = "\(directory)/f"
            try Files.makeDirectory(directory, mode: 0o700)
            #expect(Files.isDirectory(directory))
            try Files.replaceDurably(path, with: [])
            expect(.alreadyExists) { () throws(SystemError) in
                try Files.makeDirectory(path, mode: 0o700)
            }
            #expect(!Files.isExecutable(path))
            try Files.setMode(path, 0o755)
            #expect(Files.isExecutable(path))
            #expect(!Files.isExecutable(directory))
            #expect(try Files.remove(path))
            #expect(try !Files.remove(path))
            #expect(!Files.exists(path))
            expect(.notFound) { () throws(SystemError) in try Files.list(path) }
            expect(.tooLarge) { () throws(SystemError) in try Files.list("/proc", maximum: 1) }
        }
    }

    @Test func lockKeepsASecondHolderOutAndNamesTheFirst() throws {
        try withDirectory { directory in
            let path = "\(directory)/lock"
            var lock: LockFile? = try LockFile(path)
            try lock?.write(holder: ProcessID(rawValue: 1_234_567))
            try lock?.write(holder: .current)
            expect(.wouldBlock) { () throws(SystemError) in try LockFile(path) }
            #expect(LockFile.holder(path) == .current)
            lock = nil
            #expect(throws: Never.self) { try LockFile(path) }
            #expect(LockFile.holder("\(path)x") == nil)
        }
    }

    @Test func lockStaysWithADuplicateDescriptor() throws {
        try withDirectory { directory in
            let path = "\(directory)/lock"
            var lock: LockFile? = try LockFile(path)
            let number = try #require(lock?.number)
            let original = Descriptor(adopting: number)
            let heir = try original.duplicate()
            _ = original.release()
            lock = nil
            expect(.wouldBlock) { () throws(SystemError) in try LockFile(path) }
            let adopted = LockFile(path, adopting: heir)
            #expect(adopted.path == path)
        }
    }

    @Test func resetWritesTheTriggerBeforeItReboots() throws {
        try withDirectory { directory in
            let path = "\(directory)/trigger"
            try Files.replaceDurably(path, with: [])
            var seen: [[UInt8]] = []
            let reset = SelfReset(triggerPath: path) {
                seen.append((try? Files.read(path, maximum: 10)) ?? [])
            }
            #expect(reset.shortcoming == nil)
            #expect(seen.isEmpty)
            reset.resetMachine()
            #expect(seen == [[UInt8(ascii: "b")]])
        }
    }

    @Test func resetWithoutTriggerSaysSoAndStillReboots() {
        var count = 0
        let reset = SelfReset(triggerPath: "/nonexistent/trigger") { count += 1 }
        #expect(reset.shortcoming?.errno == .notFound)
        reset.resetMachine()
        #expect(count == 1)
    }
}

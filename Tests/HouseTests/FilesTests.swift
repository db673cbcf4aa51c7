// The habits of files: each begins with what lives there, is about one idea, and names no machine.

import Foundation
import Testing

@Suite("Files")
struct FilesTests {
    static let places = [
        "Sources", "Tests/Lab", "Tests/Simulate", "Tests/Fuzz", "Tests/HouseTests",
    ]

    @Test("A file begins by saying what lives there", arguments: places)
    func headers(place: String) throws {
        for file in try Repository.files(below: place) {
            #expect(try Repository.text(file).hasPrefix("// "), "\(file)")
        }
    }

    @Test("A file is about one idea: at most 700 lines")
    func lengths() throws {
        for file in try Repository.files(below: "Sources") + Repository.files(below: "Tests") {
            let count = try Repository.text(file).split(
                separator: "\n",
                omittingEmptySubsequences: false
            ).count
            #expect(count <= 701, "\(file) has \(count - 1) lines")
        }
    }

    @Test("What is run is executable, and says by what")
    func executable() throws {
        for file in [
            ".ci/run", ".ci/setup", "Tests/Fuzz/fuzz", "Tests/Lab/lab", "Tests/Lab/vm/vm",
            "Examples/demo/run",
        ] {
            #expect(
                FileManager.default.isExecutableFile(atPath: Repository.root + "/" + file),
                "\(file)"
            )
            #expect(try Repository.text(file).hasPrefix("#!/usr/bin/env bash\n"), "\(file)")
        }
    }

    @Test("The licence is the whole text of Apache 2.0")
    func licence() throws {
        let text = try Repository.text("LICENSE")
        #expect(text.contains("Apache License") && text.contains("Version 2.0, January 2004"))
        #expect(text.contains("9. Accepting Warranty or Additional Liability."))
    }
}

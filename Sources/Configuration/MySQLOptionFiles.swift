// Where a MariaDB or MySQL server that nobody tells keeps its data: `datadir` in its option files
// (https://mariadb.com/kb/en/configuring-mariadb-with-option-files/). Nothing else of them is read.

/// The option files of a machine's MariaDB or MySQL server.
enum MySQLOptionFiles {
    /// What the server reads when nobody says otherwise, in this order; the last word counts.
    static let roots = ["/etc/my.cnf", "/etc/mysql/my.cnf"]
    /// More files than any server has.
    static let fileMaximum = 200
    /// As deep as the server follows `!include` (MariaDB 10.11, `my_default.c`).
    static let depthMaximum = 10
    /// Sections that the server reads, and `mysqld_safe`, which hands its `datadir` on.
    private static let sections: Set<String> = [
        "mysqld", "server", "mariadb", "mariadbd", "client-server", "mysqld_safe", "mariadbd-safe",
    ]

    /// The data directory and the file that names it; nil where none does.
    static func dataDirectory(_ look: MachineLook) -> (path: String, file: String)? {
        var reader = Reader(look: look)
        for root in roots { reader.read(root, depth: 0) }
        return reader.found
    }

    private struct Reader {
        let look: MachineLook
        var found: (path: String, file: String)?
        private var count = 0

        init(look: MachineLook) { self.look = look }

        mutating func read(_ file: String, depth: Int) {
            guard depth <= depthMaximum, count < fileMaximum, let bytes = look.read(file) else {
                return
            }
            count += 1
            var section = ""
            for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
                let text = line.trimmed
                if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
                    section = String(text[text.index(after: text.startIndex)..<end])
                } else if text.hasPrefix("!includedir") {
                    let directory = text.dropFirst("!includedir".count).trimmed.plainPath
                    for name in look.list(directory).sorted() where name.hasSuffix(".cnf") {
                        read("\(directory)/\(name)", depth: depth + 1)
                    }
                } else if text.hasPrefix("!include") {
                    read(text.dropFirst("!include".count).trimmed, depth: depth + 1)
                } else if isOfServer(section), let path = value(of: "datadir", in: text) {
                    found = (path, file)
                }
            }
        }

        /// `mysqld-10.11` and the like are for one version; which one runs is not known here.
        private func isOfServer(_ section: String) -> Bool {
            if sections.contains(section) { return true }
            guard let dash = section.firstIndex(of: "-") else { return false }
            return section[section.index(after: dash)...].allSatisfy { $0.isNumber || $0 == "." }
                && sections.contains(String(section[..<dash]))
        }

        private func value(of name: String, in line: String) -> String? {
            guard let sign = line.firstIndex(of: "="), line[..<sign].trimmed == name else {
                return nil
            }
            var value = line[line.index(after: sign)...].trimmed[...]
            if let quote = value.first, quote == "\"" || quote == "'" {
                value = value.dropFirst().prefix { $0 != quote }
            } else {
                value = value.prefix { $0 != "#" }
            }
            let path = value.trimmed
            return path.hasPrefix("/") ? path : nil
        }
    }
}

extension StringProtocol {
    fileprivate var trimmed: String {
        let rest = drop(while: \.isWhitespace)
        let end = rest.lastIndex { !$0.isWhitespace }
        return end.map { String(rest[...$0]) } ?? ""
    }
}

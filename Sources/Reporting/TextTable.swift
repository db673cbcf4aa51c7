// The small table of the status text: columns as wide as their widest cell, and the least important ones
// left out when the terminal is narrow. Colour is put on after the padding, so it never moves a column.
// It knows nothing of groups and resources.

/// Emphasis of a word, shown as colour where the terminal has it.
enum Emphasis: String {
    /// No emphasis.
    case plain = ""
    /// A heading.
    case bold = "1"
    /// As it should be.
    case good = "32"
    /// Worth a look.
    case warning = "33"
    /// Somebody must act.
    case bad = "1;31"

    /// The text in the escape sequences of ECMA-48 (SGR), or unchanged without colours.
    func paint(_ text: String, usesColor: Bool) -> String {
        if !usesColor || self == .plain || text.isEmpty { return text }
        return "\u{1b}[\(rawValue)m\(text)\u{1b}[0m"
    }
}

/// One cell.
struct TableCell: Equatable {
    /// One line of printable text.
    var text: String
    /// How it is emphasised.
    var emphasis: Emphasis = .plain
}

/// One column's heading and manners.
struct TableColumn: Equatable {
    /// Its heading.
    var title: String
    /// Numbers stand at the right.
    var alignsRight: Bool = false
    /// Columns with a rank are left out when the table is too wide, highest rank first; 0 stays always.
    var omissionRank: Int = 0
}

/// Rows under headings.
struct TextTable {
    /// The columns, left to right.
    let columns: [TableColumn]
    /// The rows; each has one cell for each column.
    var rows: [[TableCell]] = []

    /// The table's lines, indented, each without trailing blanks.
    ///
    /// A table that is still too wide with all optional columns gone is printed whole: a cut name could not
    /// be typed.
    func lines(indent: Int, width: Int?, usesColor: Bool) -> [String] {
        let shown = shownColumns(indent: indent, width: width)
        let margin = String(repeating: " ", count: indent)
        let heading = columns.map { TableCell(text: $0.title, emphasis: .bold) }
        return ([heading] + rows).map { row in
            var line = margin
            var pending = ""
            for index in shown {
                let cell = row[index]
                let padding = String(repeating: " ", count: cellWidth(index) - cell.text.count)
                let painted = cell.emphasis.paint(cell.text, usesColor: usesColor)
                if columns[index].alignsRight {
                    line += pending + padding + painted
                    pending = "  "
                } else {
                    line += pending + painted
                    pending = padding + "  "
                }
            }
            return line
        }
    }

    private func shownColumns(indent: Int, width: Int?) -> [Int] {
        var shown = Array(columns.indices)
        guard let width else { return shown }
        func total() -> Int { indent + shown.map { cellWidth($0) + 2 }.reduce(-2, +) }
        while total() > width {
            let optional = shown.filter { columns[$0].omissionRank > 0 }
            guard
                let next = optional.max(by: {
                    columns[$0].omissionRank < columns[$1].omissionRank
                })
            else { break }
            shown.removeAll { $0 == next }
        }
        return shown
    }

    private func cellWidth(_ index: Int) -> Int {
        rows.map { $0[index].text.count }.reduce(columns[index].title.count, max)
    }
}

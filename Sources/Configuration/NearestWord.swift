// The nearest known word to a mistyped one.

/// The known word a mistyped one most likely means, if any is near enough.
///
/// Near is an edit distance (insertion, deletion, substitution, swap of neighbours; case does not
/// count) of at most a third of the word's length, at least 1. Of equally near words the first.
public func nearestWord(to text: String, among known: some Sequence<String>) -> String? {
    let word = Array(text.lowercased().utf8)
    guard !word.isEmpty, word.count <= 40 else { return nil }
    let limit = max(1, word.count / 3)
    var best: (word: String, distance: Int)?
    for candidate in known where abs(candidate.utf8.count - word.count) <= limit {
        let distance = editDistance(word, Array(candidate.lowercased().utf8))
        if distance <= limit, distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    return best?.word
}

/// `did you mean …?`, if a known word is near.
func nearestWordHint(to text: String, among known: some Sequence<String>) -> String? {
    nearestWord(to: text, among: known).map { "did you mean '\($0)'?" }
}

/// Optimal string alignment distance; three rows, so its cost is bounded by the product of the lengths.
private func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    guard !left.isEmpty, !right.isEmpty else { return max(left.count, right.count) }
    var beforePrevious: [Int] = []
    var previous = Array(0...right.count)
    for i in 1...left.count {
        var row = [i]
        for j in 1...right.count {
            let cost = left[i - 1] == right[j - 1] ? 0 : 1
            var value = min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + cost)
            if i > 1, j > 1, left[i - 1] == right[j - 2], left[i - 2] == right[j - 1] {
                value = min(value, beforePrevious[j - 2] + 1)
            }
            row.append(value)
        }
        beforePrevious = previous
        previous = row
    }
    return previous[right.count]
}

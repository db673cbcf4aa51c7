// The durable record as a file's bytes. The file may be torn by a power cut, half of another version,
// or no record at all: each of these has a name, and none is taken for a record (S6).

public import Failover
internal import FoundationEssentials

/// Why bytes are not a durable record.
public enum RecordError: Error, Equatable, Sendable, CustomStringConvertible {
    /// There are no bytes: the file was created and never written.
    case empty
    /// It does not begin as a record does.
    case foreign
    /// It is a record of another layout.
    case otherVersion(Int)
    /// Its length or checksum is wrong: it was cut or damaged.
    case torn
    /// The checksum is right and the content is not a record's; the text says where.
    case malformed(String)

    /// One sentence for administrators.
    public var description: String {
        switch self {
        case .empty: "the durable record is empty"
        case .foreign: "the file is not a durable record of Baton"
        case .otherVersion(let version):
            "the durable record has version \(version), this program writes \(RecordCoding.version)"
        case .torn: "the durable record is cut or damaged (its checksum is wrong)"
        case .malformed(let fault): "the durable record cannot be read: \(fault)"
        }
    }
}

/// The bytes of durable records.
///
/// One line `baton-record VERSION LENGTH CHECKSUM`, then LENGTH bytes of JSON that end with a newline.
/// The checksum is FNV-1a (64 bit, 16 hexadecimal digits) over them: it finds accidents, not malice;
/// the file belongs to root.
public enum RecordCoding {
    /// The layout written, and the only one read.
    public static let version = 1
    /// The longest file that is read, in bytes.
    public static let countMaximum = 4 * 1_048_576
    private static let word = "baton-record"

    /// The whole file.
    public static func encode(_ record: DurableRecord) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let json: [UInt8]
        do {
            json = [UInt8](try encoder.encode(record)) + [UInt8(ascii: "\n")]
        } catch {
            // A record holds integers and text; there is nothing in it that JSON cannot say.
            preconditionFailure("a record cannot be encoded: \(error)")
        }
        return Array("\(word) \(version) \(json.count) \(checksum(json[...]))\n".utf8) + json
    }

    /// Reads a whole file.
    ///
    /// - Throws: `RecordError`.
    public static func decode(_ bytes: [UInt8]) throws(RecordError) -> DurableRecord {
        guard !bytes.isEmpty else { throw .empty }
        guard bytes.starts(with: Array((word + " ").utf8)) else {
            // What was cut inside the word is torn, not foreign.
            throw word.utf8.starts(with: bytes) ? .torn : .foreign
        }
        guard bytes.count <= countMaximum, let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else {
            throw .torn
        }
        let fields = bytes[..<end].split(separator: UInt8(ascii: " ")).map {
            String(decoding: $0, as: UTF8.self)
        }
        guard fields.count == 4, let found = Int(fields[1]) else { throw .torn }
        guard found == version else { throw .otherVersion(found) }
        let json = bytes[(end + 1)...]
        guard Int(fields[2]) == json.count, fields[3] == checksum(json) else { throw .torn }
        do {
            return try JSONDecoder().decode(DurableRecord.self, from: Data(json))
        } catch {
            throw .malformed("\(error)")
        }
    }

    private static func checksum(_ bytes: ArraySlice<UInt8>) -> String {
        var digest: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes { digest = (digest ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        let text = String(digest, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }
}

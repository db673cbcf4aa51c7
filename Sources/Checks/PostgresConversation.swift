// One connection of libpq, driven by our poller: the only file that calls it. libpq keeps pointers of its
// own; those it hands out are copied at once, and the connection is closed once, in deinit.

import CPostgres
import Linux

/// Connect, one query, its answer.
@safe
final class PostgresConversation: Conversation {
    private enum State {
        case connecting(PostgresPollingStatusType)
        case sending
        case reading
        case ended(Verdict)
    }

    private let connection: OpaquePointer?
    private let query: String
    private let judge: (PostgresReply) -> Verdict
    private var state: State

    /// Begins to connect; libpq's file of passwords and its service file count as for any client.
    ///
    /// - Parameters:
    ///   - parameters: As PQconnectStartParams takes them; a database that stands first may be a connection string.
    ///   - query: One statement.
    ///   - judge: What the reply means.
    init(
        _ parameters: [(String, String)],
        query: String,
        judge: @escaping (PostgresReply) -> Verdict
    ) {
        self.query = query
        self.judge = judge
        let names = CStrings(parameters.map(\.0))
        let values = CStrings(parameters.map(\.1))
        // Sound: both arrays end with NULL, live through the call, and are copied by it.
        let connection = unsafe PQconnectStartParams(
            names.pointers,
            values.pointers,
            parameters.first?.0 == "dbname" ? 1 : 0
        )
        unsafe self.connection = connection
        // Sound: the pointer is libpq's and not yet closed; NULL means no memory, and is told so.
        guard let connection = unsafe connection else {
            state = .ended(judge(.fault(PostgresFault("out of memory"))))
            return
        }
        if unsafe PQstatus(connection) == CONNECTION_BAD {
            state = .ended(judge(.fault(unsafe PostgresConversation.fault(connection))))
            return
        }
        // A warning of the server is nobody's answer; by default libpq prints it.
        unsafe PQsetNoticeReceiver(connection, { _, _ in }, nil)
        // Errors then carry their state, in whatever language the server speaks.
        unsafe PQsetErrorVerbosity(connection, PQERRORS_VERBOSE)
        // As the manual demands: behave as if PQconnectPoll had asked to write.
        state = .connecting(PGRES_POLLING_WRITING)
    }

    deinit {
        // Sound: closed here only; PQfinish takes NULL.
        unsafe PQfinish(connection)
    }

    var watched: [(number: Int32, interest: Poller.Interest)] {
        // Sound: as in init; NULL gives -1.
        let number = unsafe PQsocket(connection)
        guard number >= 0 else { return [] }
        switch state {
        case .connecting(let status):
            return [(number, status == PGRES_POLLING_READING ? .readable : .writable)]
        case .sending: return [(number, [.readable, .writable])]
        case .reading: return [(number, .readable)]
        case .ended: return []
        }
    }

    var timeoutText: String {
        switch state {
        case .connecting: "timeout: it does not let anybody in"
        case .sending, .reading: "timeout: connected, but no answer to a query"
        case .ended: "timeout"
        }
    }

    func advance() -> Verdict? {
        guard let connection = unsafe connection else { return ended }
        switch state {
        case .connecting: unsafe connect(connection)
        case .sending: unsafe flush(connection)
        case .reading: unsafe read(connection)
        case .ended: break
        }
        return ended
    }

    private var ended: Verdict? {
        if case .ended(let verdict) = state { verdict } else { nil }
    }

    private func connect(_ connection: OpaquePointer) {
        // Sound: in all of the functions below the pointer is the open connection.
        switch unsafe PQconnectPoll(connection) {
        case PGRES_POLLING_OK:
            unsafe PQsetnonblocking(connection, 1)
            guard unsafe PQsendQuery(connection, query) == 1 else {
                unsafe fail(connection)
                return
            }
            unsafe flush(connection)
        case PGRES_POLLING_FAILED:
            unsafe fail(connection)
        case let status:
            state = .connecting(status)
        }
    }

    private func flush(_ connection: OpaquePointer) {
        switch unsafe PQflush(connection) {
        case 0: state = .reading
        case 1: state = .sending
        default: unsafe fail(connection)
        }
    }

    private func read(_ connection: OpaquePointer) {
        guard unsafe PQconsumeInput(connection) == 1 else {
            unsafe fail(connection)
            return
        }
        guard unsafe PQisBusy(connection) == 0 else { return }
        guard let result = unsafe PQgetResult(connection) else {
            unsafe fail(connection)
            return
        }
        // Sound: cleared on every way out, and each text is copied before.
        defer { unsafe PQclear(result) }
        // A command that returns no rows has an answer of none.
        let status = unsafe PQresultStatus(result)
        guard status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK else {
            let message = unsafe String(cString: PQresultErrorMessage(result))
            state = .ended(judge(.fault(PostgresFault(message))))
            return
        }
        let columns = unsafe PQnfields(result)
        let rows = (0..<(unsafe PQntuples(result))).map { row in
            (0..<columns).map { column in
                // Sound: row and column are within what the result says that it has.
                unsafe PQgetisnull(result, row, column) == 1
                    ? nil : unsafe String(cString: PQgetvalue(result, row, column))
            }
        }
        state = .ended(judge(.rows(rows)))
    }

    private func fail(_ connection: OpaquePointer) {
        state = .ended(judge(.fault(unsafe PostgresConversation.fault(connection))))
    }

    private static func fault(_ connection: OpaquePointer) -> PostgresFault {
        // Sound: the open connection, as above.
        unsafe PQconnectionNeedsPassword(connection) == 1
            ? .missingPassword : PostgresFault(unsafe String(cString: PQerrorMessage(connection)))
    }
}

/// What a server says to a query.
enum PostgresReply {
    /// Its rows; nil is NULL.
    case rows([[String?]])
    /// There are none.
    case fault(PostgresFault)
}

/// Strings as C wants them: an array that ends with NULL.
@safe
private final class CStrings {
    let pointers: UnsafeMutablePointer<UnsafePointer<CChar>?>
    private let count: Int

    init(_ strings: [String]) {
        count = strings.count
        // Sound: one place more than strings, all initialised; freed in deinit only.
        unsafe pointers = .allocate(capacity: strings.count + 1)
        for (index, string) in strings.enumerated() {
            let bytes = string.utf8CString
            let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
            for (offset, byte) in bytes.enumerated() { unsafe (copy + offset).initialize(to: byte) }
            unsafe (pointers + index).initialize(to: UnsafePointer(copy))
        }
        unsafe (pointers + strings.count).initialize(to: nil)
    }

    deinit {
        // Sound: each was allocated in init.
        for index in 0..<count { unsafe pointers[index]?.deallocate() }
        unsafe pointers.deallocate()
    }
}

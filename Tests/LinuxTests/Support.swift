// What the tests of this room share: waiting with a deadline, running a program to its end, a
// thread of their own, scratch directories, and commented hex.

import Glibc
import Testing

@testable import Linux

/// Beyond this a test has failed; far above anything the calls under test take.
let patienceMilliseconds = 10_000

/// Waits until a descriptor is readable; false when patience ends first.
func waitUntilReadable(_ number: Int32, milliseconds: Int = patienceMilliseconds) throws -> Bool {
    let poller = try Poller()
    try poller.add(number, token: 1)
    try poller.arm(at: BootClock.now + Int64(milliseconds) * 1_000_000)
    while true {
        let wake = try poller.wait()
        if !wake.ready.isEmpty { return true }
        if wake.isDeadlineReached { return false }
    }
}

/// Runs a program to its end; its ending and all it said.
func run(_ path: String, _ arguments: [String]) throws -> (ending: ProcessEnding, text: String) {
    let child = try ChildProcess(Command(path, arguments), outputMaximum: 1 << 20)
    try child.open()
    let ending = try end(of: child)
    return (ending, child.output.text)
}

/// Waits for a child's end, reading what it says.
func end(of child: ChildProcess) throws -> ProcessEnding {
    let poller = try Poller()
    try poller.add(child.exitNumber, token: 1)
    if let number = child.outputNumber { try poller.add(number, token: 2) }
    try poller.arm(at: BootClock.now + Int64(patienceMilliseconds) * 1_000_000)
    while true {
        let wake = try poller.wait()
        for readiness in wake.ready where readiness.token == 2 {
            let number = child.outputNumber
            if try child.readOutput() == nil, let number { try poller.remove(number) }
        }
        if let ending = try child.ending() { return ending }
        if wake.isDeadlineReached {
            try child.sendToGroup(.kill)
            throw Impatience()
        }
    }
}

/// A wait that took too long.
struct Impatience: Error {}

/// Runs `ip` with words separated by spaces; fails the test when it fails.
func ip(_ words: String) throws {
    let path = Files.isExecutable("/sbin/ip") ? "/sbin/ip" : "/usr/bin/ip"
    let (ending, text) = try run(path, words.split(separator: " ").map(String.init))
    try #require(ending == .exited(0), "ip \(words): \(text)")
}

/// Runs the body on a thread of its own, whose namespace and scheduling end with it.
func onOwnThread(_ body: @escaping @Sendable () throws -> Void) throws {
    final class Work {
        let body: @Sendable () throws -> Void
        var failure: (any Error)?
        init(_ body: @escaping @Sendable () throws -> Void) { self.body = body }
    }
    let work = Work(body)
    // Sound: the thread is joined before `work` goes out of scope.
    let pointer = unsafe Unmanaged.passRetained(work).toOpaque()
    var thread = pthread_t()
    let result = unsafe pthread_create(
        &thread,
        nil,
        { argument in
            guard let argument = unsafe argument else { return nil }
            let work = unsafe Unmanaged<Work>.fromOpaque(argument).takeUnretainedValue()
            do { try work.body() } catch { work.failure = error }
            return nil
        },
        pointer
    )
    try #require(result == 0)
    pthread_join(thread, nil)
    unsafe Unmanaged<Work>.fromOpaque(pointer).release()
    if let failure = work.failure { throw failure }
}

/// Gives the body an empty directory and removes it with the files in it.
func withDirectory<Answer>(_ body: (String) throws -> Answer) throws -> Answer {
    let name = String(try Machine.randomWord(), radix: 16)
    let path = "/tmp/linux-tests-\(ProcessID.current)-\(name)"
    try Files.makeDirectory(path, mode: 0o700)
    defer {
        for file in (try? Files.list(path)) ?? [] { _ = try? Files.remove("\(path)/\(file)") }
        unsafe rmdir(path)
    }
    return try body(path)
}

/// The bytes of a hex image: pairs of digits; from `#` to the line's end is comment.
func hex(_ image: String) -> [UInt8] {
    var digits: [Int] = []
    for line in image.split(separator: "\n") {
        digits += line.prefix { $0 != "#" }.compactMap(\.hexDigitValue)
    }
    return stride(from: 0, to: digits.count - 1, by: 2).map {
        UInt8(digits[$0] << 4 | digits[$0 + 1])
    }
}

/// Expects a system error of this errno.
func expect<Answer>(
    _ errno: Errno,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws(SystemError) -> Answer
) {
    do throws(SystemError) {
        _ = try body()
        Issue.record("expected \(errno), but it worked", sourceLocation: sourceLocation)
    } catch {
        #expect(error.errno == errno, "\(error)", sourceLocation: sourceLocation)
    }
}

extension Trait where Self == ConditionTrait {
    /// Devices and raw sockets take root.
    static var needsRoot: Self { .enabled(if: ThisProcess.isRoot, "needs root") }
}

/// Sends a signal to the calling thread alone.
func raiseInThread(_ signal: Int32) -> Int32 { pthread_kill(pthread_self(), signal) }

/// A bound datagram socket that listens as a service manager or log daemon does.
final class DatagramEar {
    private let socket: Descriptor

    init(_ address: String) throws {
        let opened = try openSocket(AF_UNIX, datagramSocket, 0, isNonBlocking: true, address)
        socket = Descriptor(adopting: opened.release())
        try bindUnix(socket.number, address)
    }

    /// The next datagram as text.
    func next() throws -> String? {
        try receiveBytes(socket.number, maximum: 4096, "ear").map {
            String(decoding: $0, as: UTF8.self)
        }
    }
}

// How a failed system call is told: which call, which errno, about what. What follows from a
// failure is decided by whoever called. The helpers that turn a result of -1 into a thrown error
// are here too; no other file reads errno.

import CLinux

/// An error number of the kernel, with its name (errno(3)).
public struct Errno: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The number; 1...133 on Linux.
    public let rawValue: Int32

    /// Any number is taken as it is.
    public init(rawValue: Int32) { self.rawValue = rawValue }

    /// EPERM: the privilege is missing.
    public static let notPermitted = Errno(rawValue: EPERM)
    /// EACCES: the permission is missing.
    public static let accessDenied = Errno(rawValue: EACCES)
    /// ENOENT: no such file.
    public static let notFound = Errno(rawValue: ENOENT)
    /// ESRCH: no such process.
    public static let noSuchProcess = Errno(rawValue: ESRCH)
    /// EBUSY: somebody uses it.
    public static let busy = Errno(rawValue: EBUSY)
    /// EEXIST: it is there already.
    public static let alreadyExists = Errno(rawValue: EEXIST)
    /// EAGAIN: would block; for a lock, somebody else holds it.
    public static let wouldBlock = Errno(rawValue: EAGAIN)
    /// EINVAL: an argument makes no sense to the kernel.
    public static let invalidArgument = Errno(rawValue: EINVAL)
    /// ENAMETOOLONG: a path or name beyond its limit.
    public static let nameTooLong = Errno(rawValue: ENAMETOOLONG)
    /// EFBIG: more bytes than the caller allowed.
    public static let tooLarge = Errno(rawValue: EFBIG)
    /// EMSGSIZE: a datagram beyond its limit.
    public static let messageTooLong = Errno(rawValue: EMSGSIZE)
    /// ENODEV: no such device.
    public static let noSuchDevice = Errno(rawValue: ENODEV)
    /// ENETDOWN: the device is down.
    public static let networkDown = Errno(rawValue: ENETDOWN)
    /// ENETUNREACH: no route.
    public static let networkUnreachable = Errno(rawValue: ENETUNREACH)
    /// EHOSTUNREACH: no answer on the way.
    public static let hostUnreachable = Errno(rawValue: EHOSTUNREACH)
    /// EADDRNOTAVAIL: the address is not here.
    public static let addressNotAvailable = Errno(rawValue: EADDRNOTAVAIL)
    /// EADDRINUSE: the address or path is taken.
    public static let addressInUse = Errno(rawValue: EADDRINUSE)
    /// ECONNREFUSED: nobody listens.
    public static let connectionRefused = Errno(rawValue: ECONNREFUSED)
    /// EPIPE: the other end is closed.
    public static let brokenPipe = Errno(rawValue: EPIPE)
    /// ENOBUFS: a queue of the kernel overflowed.
    public static let noBufferSpace = Errno(rawValue: ENOBUFS)
    /// ETIMEDOUT: no answer in time.
    public static let timedOut = Errno(rawValue: ETIMEDOUT)
    /// EBADMSG: the answer cannot be read.
    public static let badMessage = Errno(rawValue: EBADMSG)
    /// EMFILE: this process has too many descriptors.
    public static let noDescriptors = Errno(rawValue: EMFILE)
    /// ENFILE: the whole machine has too many files open.
    public static let noDescriptorsAnywhere = Errno(rawValue: ENFILE)
    /// EOPNOTSUPP: the kernel was built without it.
    public static let notSupported = Errno(rawValue: EOPNOTSUPP)
    /// The kernel has no such protocol.
    public static let protocolNotSupported = Errno(rawValue: EPROTONOSUPPORT)
    /// The disk is full.
    public static let noSpace = Errno(rawValue: ENOSPC)
    /// The file system is mounted read-only.
    public static let readOnly = Errno(rawValue: EROFS)
    /// ENOTCONN: the socket is not open.
    public static let notConnected = Errno(rawValue: ENOTCONN)

    /// The symbol, such as `ENOENT`.
    public var name: String {
        // Sound: the shim returns a constant string, never NULL.
        unsafe String(cString: baton_errno_name(rawValue))
    }

    /// The words alone: `No such file or directory`.
    public var words: String {
        // Sound: as in `name`.
        unsafe String(cString: baton_errno_text(rawValue))
    }

    /// The symbol and the words: `ENOENT (No such file or directory)`.
    public var description: String { "\(name) (\(words))" }
}

/// A system call that failed.
public struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The call as its manual page names it, such as `bind`.
    public let call: String
    /// Why it failed.
    public let errno: Errno
    /// What it was about: a path, a device, an address; empty when there is nothing to add.
    public let object: String

    /// A failure of `call` about `object`.
    public init(call: String, errno: Errno, object: String = "") {
        self.call = call
        self.errno = errno
        self.object = object
    }

    /// One line without a full stop: `bind 10.0.0.1: EADDRINUSE (Address already in use)`.
    public var description: String {
        object.isEmpty ? "\(call): \(errno)" : "\(call) \(object): \(errno)"
    }
}

/// The errno of the call that failed just now, as an error.
func lastError(_ call: String, _ object: String) -> SystemError {
    SystemError(call: call, errno: Errno(rawValue: baton_errno()), object: object)
}

/// Runs a call that answers -1 on failure, again when a signal interrupted it.
@discardableResult
func checked<Answer: SignedInteger>(
    _ call: String,
    _ object: @autoclosure () -> String = "",
    _ body: () -> Answer
) throws(SystemError) -> Answer {
    while true {
        let answer = body()
        if answer >= 0 { return answer }
        let number = Errno(rawValue: baton_errno())
        if number.rawValue != EINTR {
            throw SystemError(call: call, errno: number, object: object())
        }
    }
}

/// Like `checked`, but nil when the call would have blocked.
func attempted<Answer: SignedInteger>(
    _ call: String,
    _ object: @autoclosure () -> String = "",
    _ body: () -> Answer
) throws(SystemError) -> Answer? {
    do {
        return try checked(call, object(), body)
    } catch {
        if error.errno == .wouldBlock { return nil }
        throw error
    }
}

// HMAC against the vectors of the RFCs, and a context used again and again.

import Failover
import Testing

@testable import Wire

struct Vector: Sendable, CustomTestStringConvertible {
    var source: String
    var method: AuthenticationMethod
    var key: [UInt8]
    var text: [UInt8]
    var tag: String
    var testDescription: String { source }

    init(
        _ source: String,
        _ method: AuthenticationMethod,
        _ key: [UInt8],
        _ text: [UInt8],
        _ tag: String
    ) {
        self.source = source
        self.method = method
        self.key = key
        self.text = text
        self.tag = tag
    }
}

private let jefe = Array("what do ya want for nothing?".utf8)
private let long = Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8)
private let hiThere = Array("Hi There".utf8)

private let vectors = [
    Vector(
        "RFC 4231 case 1",
        .sha256,
        [UInt8](repeating: 0x0b, count: 20),
        hiThere,
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    ),
    Vector(
        "RFC 4231 case 2",
        .sha256,
        Array("Jefe".utf8),
        jefe,
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    ),
    Vector(
        "RFC 4231 case 3",
        .sha256,
        [UInt8](repeating: 0xaa, count: 20),
        [UInt8](repeating: 0xdd, count: 50),
        "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
    ),
    Vector(
        "RFC 4231 case 4",
        .sha256,
        Array(1...25),
        [UInt8](repeating: 0xcd, count: 50),
        "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
    ),
    Vector(
        "RFC 4231 case 6",
        .sha256,
        [UInt8](repeating: 0xaa, count: 131),
        long,
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
    ),
    Vector(
        "RFC 2202 SHA-1 case 1",
        .sha1,
        [UInt8](repeating: 0x0b, count: 20),
        hiThere,
        "b617318655057264e28bc0b6fb378c8ef146be00"
    ),
    Vector(
        "RFC 2202 SHA-1 case 2",
        .sha1,
        Array("Jefe".utf8),
        jefe,
        "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"
    ),
    Vector(
        "RFC 2202 SHA-1 case 6",
        .sha1,
        [UInt8](repeating: 0xaa, count: 80),
        long,
        "aa4ae5e15272d00e95705637ce8a3b55ed402112"
    ),
    Vector(
        "RFC 2202 MD5 case 1",
        .md5,
        [UInt8](repeating: 0x0b, count: 16),
        hiThere,
        "9294727a3638bb1c13f48ef8158bfc9d"
    ),
    Vector(
        "RFC 2202 MD5 case 2",
        .md5,
        Array("Jefe".utf8),
        jefe,
        "750c783e6ab0b503eaa86e310a5db738"
    ),
    Vector(
        "RFC 2202 MD5 case 6",
        .md5,
        [UInt8](repeating: 0xaa, count: 80),
        long,
        "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd"
    ),
]

@Suite("HMAC") struct MessageAuthenticatorTests {
    @Test("The RFCs' vectors come out, also from a context used before", arguments: vectors)
    func vector(_ vector: Vector) throws {
        let context = try MACContext(
            AuthenticationKey(id: 0, method: vector.method, secret: vector.key)
        )
        for length in [0, 1, 300] {
            // What was computed before must not show in what comes after.
            var other = [UInt8](repeating: 7, count: length + vector.method.tagLength)
            #expect(context.sign(&other, length: length))
            var message = vector.text + [UInt8](repeating: 0, count: vector.method.tagLength)
            #expect(context.sign(&message, length: vector.text.count))
            #expect(hex(message[vector.text.count...]) == vector.tag)
            #expect(context.isRight(message, length: vector.text.count))
            #expect(context.isRight(other, length: length))
        }
    }

    @Test func `A tag of another length is wrong, not out of bounds`() throws {
        let context = try MACContext(secret)
        let message = [UInt8](repeating: 0, count: 40)
        #expect(!context.isRight(message, length: 9))
        #expect(!context.isRight(message, length: 40))
        #expect(!context.isRight(message, length: -1))
    }

    @Test func `A keyring refuses what contradicts itself, in words`() throws {
        func fault(_ keys: [AuthenticationKey], _ signing: UInt8) -> String {
            do {
                _ = try Keyring(keys: keys, signing: signing)
                return "none"
            } catch {
                return error.description
            }
        }
        var empty = secret
        empty.secret = []
        var high = secret
        high.id = 16
        #expect(fault([secret], 1) == "none")
        #expect(fault([secret], 2) == "authkeys: auth 2: there is no key 2")
        #expect(fault([secret, secret], 1) == "authkeys: key 1 is there twice")
        #expect(fault([empty], 1) == "authkeys: key 1: a secret has 1 to 1024 bytes")
        #expect(fault([high], 1) == "authkeys: key 16: ids are 0 to 15")
        #expect(fault([], 0) == "authkeys: auth 0: there is no key 0")
    }

    @Test func `A secret is not printed, neither by text nor by reflection`() throws {
        let keyring = try Keyring(keys: [secret], signing: 1)
        var dumped = ""
        dump(keyring, to: &dumped)
        let letters = hex("secret".utf8)
        #expect(!"\(keyring)".contains("115"))
        #expect(!dumped.contains("115") && !dumped.contains(letters))
        #expect("\(secret)" == "1 sha256")
    }
}

extension MACContext {
    /// `verify` of an array: `#expect` cannot hold a span.
    fileprivate func isRight(_ message: [UInt8], length: Int) -> Bool {
        verify(message.span, length: length)
    }
}

// authkeys: keys, order, permissions, and that no secret is ever repeated.

import Testing

@testable import Configuration

@Suite struct AuthkeysTests {
    @Test func aNewFileIsReadBackWithoutAWord() throws {
        let text = AuthenticationKeys.newFile(
            secret: [0, 1, 0xab, 0xff] + Array(repeating: 7, count: 28)
        )
        #expect(text.hasPrefix("auth 1\n1 sha256 0001abff0707"))
        let (keys, diagnostics) = authkeys(text)
        #expect(diagnostics == [])
        let key = try #require(keys?.key(1))
        #expect(keys?.signingID == 1)
        #expect(key.method == .sha256)
        #expect(key.secret.count == 64)
        #expect(key.secret.prefix(8) == Array("0001abff".utf8)[...])
    }

    @Test func severalKeysInAnyOrderAreReadForARotation() {
        let (keys, diagnostics) = authkeys(
            "# rotation\n15 sha256 0123456789abcdef\n2 sha1 fedcba9876543210\nauth 15\n"
        )
        #expect(keys?.signingID == 15)
        #expect(keys?.keys.map(\.id) == [2, 15])
        #expect(diagnostics.map(\.code) == [.authAfterKey])
        #expect(diagnostics.map(\.severity) == [.note])
    }

    @Test func bytesThatAreNotTextAreKeptInASecret() {
        let bytes =
            Array("auth 1\n1 sha256 ".utf8) + [
                0xff, 0xfe, 0xe4, 0xc3, 0xa4, 0xf4, 0x8f, 0xbe, 0x80,
            ]
        let (keys, _) = AuthkeysParser.parse(ConfigurationFile(name: "authkeys", bytes: bytes))
        #expect(keys?.key(1)?.secret == [0xff, 0xfe, 0xe4, 0xc3, 0xa4, 0xf4, 0x8f, 0xbe, 0x80])
    }

    @Test(arguments: [
        ("auth 1\n1 crc\n", Diagnostic.Severity.warning, Diagnostic.Code.weakKey),
        ("auth 1\n1 md5 0123456789abcdef\n", .warning, .weakKey),
        ("auth 1\n1 sha1 0123456789abcdef\n", .warning, .weakKey),
        ("auth 1\n1 sha256 short\n", .warning, .weakKey),
        ("auth 2\n1 sha256 0123456789abcdef\n", .error, .unknownKey),
        ("1 sha256 0123456789abcdef\n", .error, .missingDirective),
        ("auth 16\n1 sha256 0123456789abcdef\n", .error, .invalidValue),
        ("auth 1\n1 sha256 0123456789abcdef\n1 md5 0123456789abcdef\n", .error, .givenTwice),
        ("auth 1\n1 sha256\n", .error, .missingValue),
        ("auth 1\n1 crc 0123456789abcdef\n", .error, .wrongValueCount),
        ("auth 1\n1 sha256 0123456789 abcdef\n", .error, .wrongValueCount),
        ("auth 1\n1 sha265 0123456789abcdef\n", .error, .unknownMethod),
        ("auth 1\n1 sha256 0123456789abcdef\nhello\n", .error, .unknownDirective),
        ("", .error, .missingDirective),
    ])
    func mistakesAreNamed(
        text: String,
        severity: Diagnostic.Severity,
        code: Diagnostic.Code
    ) {
        let (keys, diagnostics) = authkeys(text)
        #expect(diagnostics.map(\.code) == [code])
        #expect(diagnostics.map(\.severity) == [severity])
        #expect(
            keys == nil || severity == .warning || code == .givenTwice || code == .unknownDirective
        )
    }

    @Test func othersMayNotReadIt() {
        let (_, diagnostics) = authkeys("auth 1\n1 sha256 0123456789abcdef\n", mode: 0o644)
        #expect(
            Diagnostic.text(diagnostics) == """
                authkeys: error: others than root may read or change it (mode 0644)
                    hint: chmod 600 authkeys, and make a new key if others have read it

                """
        )
    }

    @Test func noDiagnosticRepeatsASecret() {
        let (_, diagnostics) = authkeys(
            """
            auth hunter2
            auth 1 hunter2
            1 hunter2 hunter2
            2 sha1hunter2
            hunter2
            3 sha256 hunter2 hunter2
            4 sha256
            4 hunter2
            99 hunter2

            """
        )
        #expect(diagnostics.count == 9)
        #expect(!Diagnostic.text(diagnostics).contains("hunter2"))
    }
}

import Foundation
import OCI
import Testing

@Suite struct DigestTests {
    static let zeros = "sha256:" + String(repeating: "0", count: 64)
    static let mixed = "sha256:" + String(repeating: "0123456789abcdef", count: 4)
    static let long = "sha512:" + String(repeating: "0123456789abcdef", count: 8)

    @Test(arguments: [zeros, mixed, long]) func roundTrip(_ text: String) throws {
        let digest = try Digest(parsing: text)
        #expect(digest.description == text)
        #expect(try Digest(bytes: digest.bytes) == digest)
        #expect(digest.bytes.count == digest.algorithm.byteCount)
        let json = try JSONEncoder().encode([digest])
        #expect(String(decoding: json, as: UTF8.self) == "[\"\(text)\"]")
        #expect(try JSONDecoder().decode([Digest].self, from: json) == [digest])
    }

    @Test func bytesAndShortForm() throws {
        let digest = try Digest(parsing: Self.mixed)
        #expect(digest.bytes.prefix(8) == [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef])
        #expect(digest.short == "sha256:0123456789ab")
        #expect(digest.algorithm == .sha256)
        #expect(try Digest(parsing: Self.long).algorithm == .sha512)
    }

    @Test func orderIsThatOfTheText() throws {
        let texts = [Self.long, Self.mixed, Self.zeros, "sha256:" + String(repeating: "f", count: 64)]
        #expect(try texts.map { try Digest(parsing: $0) }.sorted().map(\.description) == texts.sorted())
    }

    static let bad: [(String, DigestError.Code)] = [
        ("", .form), ("sha256", .form), ("sha256:", .length), (":\(zeros)", .algorithm),
        ("SHA256:\(zeros.dropFirst(7))", .algorithm), ("md5:d41d8cd98f00b204e9800998ecf8427e", .algorithm),
        ("\(zeros)0", .length), (String(zeros.dropLast()), .length), ("\(zeros)\n", .length), (" \(zeros)", .algorithm),
        ("sha256:" + String(repeating: "A", count: 64), .hexadecimal), ("sha512:\(zeros.dropFirst(7))", .length),
        ("sha256:<script>alert(1)</script>", .length), (String(repeating: "a", count: 1_000_000), .form),
        ("sha256:" + String(repeating: "a", count: 1_000_000), .length),
    ]

    @Test(arguments: bad) func refused(_ text: String, _ code: DigestError.Code) {
        let error = #expect(throws: DigestError.self) { try Digest(parsing: text) }
        #expect(error?.code == code)
        #expect((error?.description.utf8.count ?? 0) < 500)
    }

    @Test(arguments: [0, 1, 31, 33, 63, 65]) func wrongByteCounts(_ count: Int) {
        #expect(throws: DigestError.self) { try Digest(bytes: [UInt8](repeating: 0, count: count)) }
    }
}

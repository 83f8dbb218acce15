/// The name of a content by its hash. https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests
public struct Digest: Hashable, Sendable {
    public enum Algorithm: String, Sendable, CaseIterable, Hashable {
        case sha256, sha512

        /// Length of the hash in bytes.
        public var byteCount: Int { self == .sha256 ? 32 : 64 }
    }

    // Nearly every digest is SHA-256: kept inline, so that a hundred thousand of them are no heap objects.
    private enum Storage: Hashable, Sendable {
        case sha256(UInt64, UInt64, UInt64, UInt64)
        case sha512([UInt8])
    }

    private let storage: Storage

    /// `sha256:` with 64 or `sha512:` with 128 lower-case hexadecimal digits, nothing around it.
    public init(parsing text: some StringProtocol) throws(DigestError) {
        // The longest digest has 135 bytes; one more is enough to see that a text is too long.
        try self.init(utf8: Array(text.utf8.prefix(136))[...], text: text)
    }

    /// 32 bytes make a SHA-256, 64 a SHA-512 digest.
    public init(bytes: [UInt8]) throws(DigestError) {
        switch bytes.count {
        case 32: storage = Self.sha256(bytes)
        case 64: storage = .sha512(bytes)
        default: throw DigestError(code: .length, input: "\(bytes.count) bytes")
        }
    }

    /// Stands for another digest that bears this number where only matters which are the same. No content has it.
    package init(standingFor number: Int32) {
        storage = .sha256(0, 0, 0, UInt64(UInt32(bitPattern: number)))
    }

    init(utf8: Bytes, text: some StringProtocol) throws(DigestError) {
        guard let colon = utf8.firstIndex(of: .colon) else { throw DigestError(code: .form, text) }
        guard let algorithm = Algorithm(rawValue: utf8[..<colon].text) else {
            throw DigestError(code: .algorithm, text)
        }
        let hex = utf8[(colon + 1)...]
        guard hex.count == algorithm.byteCount * 2 else { throw DigestError(code: .length, text) }
        var bytes = [UInt8]()
        bytes.reserveCapacity(algorithm.byteCount)
        var index = hex.startIndex
        while index < hex.endIndex {
            guard let high = hex[index].lowerCaseHexValue, let low = hex[index + 1].lowerCaseHexValue else {
                throw DigestError(code: .hexadecimal, text)
            }
            bytes.append(high << 4 | low)
            index += 2
        }
        try self.init(bytes: bytes)
    }

    private static func sha256(_ bytes: [UInt8]) -> Storage {
        func word(_ start: Int) -> UInt64 { bytes[start..<start + 8].reduce(0) { $0 << 8 | UInt64($1) } }
        return .sha256(word(0), word(8), word(16), word(24))
    }

    public var algorithm: Algorithm {
        switch storage {
        case .sha256: .sha256
        case .sha512: .sha512
        }
    }

    public var bytes: [UInt8] {
        switch storage {
        case .sha256(let first, let second, let third, let fourth):
            var result = [UInt8]()
            result.reserveCapacity(32)
            for word in [first, second, third, fourth] {
                for shift in stride(from: 56, through: 0, by: -8) {
                    result.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
                }
            }
            return result
        case .sha512(let bytes):
            return bytes
        }
    }
}

extension Digest: Comparable {
    /// By algorithm, then by bytes: the order of the written form.
    public static func < (left: Digest, right: Digest) -> Bool {
        switch (left.storage, right.storage) {
        case (.sha256(let a1, let a2, let a3, let a4), .sha256(let b1, let b2, let b3, let b4)):
            (a1, a2, a3, a4) < (b1, b2, b3, b4)
        case (.sha512(let first), .sha512(let second)): first.lexicographicallyPrecedes(second)
        case (.sha256, .sha512): true
        case (.sha512, .sha256): false
        }
    }
}

extension Digest: CustomStringConvertible {
    public var description: String { text(byteCount: algorithm.byteCount) }

    /// The algorithm and the first twelve digits: for people, not for comparing.
    public var short: String { text(byteCount: 6) }

    private func text(byteCount: Int) -> String {
        let name = algorithm.rawValue.utf8
        let bytes = bytes
        return String(unsafeUninitializedCapacity: name.count + 1 + byteCount * 2) { buffer in
            var count = buffer.update(fromContentsOf: name)
            buffer[count] = .colon
            count += 1
            for byte in bytes.prefix(byteCount) {
                buffer[count] = Self.hexDigit(byte >> 4)
                buffer[count + 1] = Self.hexDigit(byte & 15)
                count += 2
            }
            return count
        }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}

extension Digest: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do {
            try self.init(parsing: container.decode(String.self))
        } catch let error as DigestError {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: error.description)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

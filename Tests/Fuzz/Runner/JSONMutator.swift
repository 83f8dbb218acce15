import FuzzedParsers

@_silgen_name("LLVMFuzzerMutate")
private func mutateBytes(_ data: UnsafeMutablePointer<UInt8>, _ count: Int, _ longest: Int) -> Int

/// What libFuzzer calls for a new input from an old one. Bytes changed anyhow seldom make JSON, so there three of four
/// are changed value by value.
@_cdecl("LLVMFuzzerCustomMutator")
public func mutate(_ data: UnsafeMutablePointer<UInt8>, _ count: Int, _ longest: Int, _ seed: CUnsignedInt) -> Int {
    let longest = min(longest, parser.longest)
    var random = Random(state: UInt64(seed) &+ 0x9E37_79B9_7F4A_7C15)
    guard parser.isJSON, (2...max(2, longest)).contains(count), random.below(4) > 0 else {
        return mutateBytes(data, min(count, longest), longest)
    }
    var bytes = Array(UnsafeBufferPointer(start: data, count: count))
    for _ in 0...random.below(3) { bytes = JSONMutation(bytes).apply(&random) }
    guard (1...longest).contains(bytes.count) else { return mutateBytes(data, count, longest) }
    UnsafeMutableBufferPointer(start: data, count: longest).baseAddress?.update(from: bytes, count: bytes.count)
    return bytes.count
}

struct Random {
    var state: UInt64

    mutating func below(_ limit: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(max(1, limit)))
    }
}

/// One change of a text that may be JSON.
struct JSONMutation {
    private let bytes: [UInt8]
    /// Where values stand: strings, numbers and words, and whole lists and objects.
    private var values: [Range<Int>] = []

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var open: [Int] = []
        var index = 0
        while index < bytes.count, values.count < 4_000 {
            let start = index
            index += 1
            switch bytes[start] {
            case UInt8(ascii: "\""):
                while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
                    index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
                }
                index = min(index + 1, bytes.count)
                values.append(start..<index)
            case UInt8(ascii: "["), UInt8(ascii: "{"): open.append(start)
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                if let start = open.popLast() { values.append(start..<index) }
            case let byte where !Self.isBetween(byte):
                while index < bytes.count, !Self.isBetween(bytes[index]), bytes[index] != UInt8(ascii: "\"") {
                    index += 1
                }
                values.append(start..<index)
            default: break
            }
        }
    }

    func apply(_ random: inout Random) -> [UInt8] {
        guard !values.isEmpty else { return bytes }
        let value = values[random.below(values.count)]
        switch random.below(6) {
        case 0: return replacing(value, Array(bytes[values[random.below(values.count)]]))
        case 1: return replacing(value, Array(Self.odd[random.below(Self.odd.count)].utf8))
        case 2: return removing(value)
        case 3: return repeating(value, 1)
        case 4: return repeating(value, [2, 10, 100, 1_000][random.below(4)])
        default: return changing(value)
        }
    }

    private func replacing(_ range: Range<Int>, _ new: [UInt8]) -> [UInt8] {
        bytes[..<range.lowerBound] + new + bytes[range.upperBound...]
    }

    /// With the name before it, and a comma.
    private func removing(_ value: Range<Int>) -> [UInt8] {
        var range = member(value)
        if range.upperBound < bytes.count, bytes[range.upperBound] == UInt8(ascii: ",") {
            range = range.lowerBound..<range.upperBound + 1
        } else if range.lowerBound > 0, bytes[range.lowerBound - 1] == UInt8(ascii: ",") {
            range = range.lowerBound - 1..<range.upperBound
        }
        return replacing(range, [])
    }

    private func repeating(_ value: Range<Int>, _ times: Int) -> [UInt8] {
        let range = member(value)
        guard bytes.count + range.count * times <= parser.longest else { return bytes }
        var new = Array(bytes[range])
        for _ in 0..<times { new += [UInt8(ascii: ",")] + bytes[range] }
        return replacing(range, new)
    }

    private func changing(_ value: Range<Int>) -> [UInt8] {
        guard value.count > 2 else { return bytes }
        let inner = Array(bytes[value.lowerBound + 1..<value.upperBound - 1])
        let room = inner.count + 64
        let changed = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
            guard let start = buffer.baseAddress else { return }
            start.initialize(repeating: 0, count: room)
            start.update(from: inner, count: inner.count)
            count = mutateBytes(start, inner.count, room)
        }
        return replacing(value.lowerBound + 1..<value.upperBound - 1, changed)
    }

    /// A value with its name: both together can be left out or repeated.
    private func member(_ value: Range<Int>) -> Range<Int> {
        guard value.lowerBound > 0, bytes[value.lowerBound - 1] == UInt8(ascii: ":"),
            let name = values.last(where: { $0.upperBound == value.lowerBound - 1 })
        else { return value }
        return name.lowerBound..<value.upperBound
    }

    private static func isBetween(_ byte: UInt8) -> Bool { byte <= 0x20 || ",:[]{}".utf8.contains(byte) }

    private static let odd = [
        "null", "true", "0", "-1", "-0", "1e308", "1e999", "1e-400", "9223372036854775807", "18446744073709551616",
        "1769860800", "1769860800123", "0.1", "[]", "{}", "[null]", "{\"\":{}}", "\"\"", "\"\\u0000\"", "\"\\ud800\"",
        "\"\\u202e\"", "\"9999-12-31T23:59:59Z\"", "\"0001-01-01T00:00:00Z\"", "\"2026-01-31T12:00:00.123456789Z\"",
        "\"sha256:\(String(repeating: "c", count: 64))\"", "\"sha512:\(String(repeating: "d", count: 128))\"",
        "\"\(String(repeating: "x", count: 300))\"", "\"unknown\"", "\"application/vnd.oci.image.index.v1+json\"",
        "[[[[[[[[[[]]]]]]]]]]",
    ]
}

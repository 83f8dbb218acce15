import FuzzedParsers

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// What libFuzzer calls. https://llvm.org/docs/LibFuzzer.html
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: data, count: count))
    run(bytes)
    if let stretched = Stretched(bytes) {
        run(stretched.bytes(stretched.times))
        requireLinearTime(stretched)
    }
    return 0
}

let parser: FuzzedParser = {
    let name = getenv("TAGBEAT_FUZZ_TARGET").map { String(cString: $0) } ?? ""
    guard let found = FuzzedParser.all.first(where: { $0.name == name }) else {
        fatalError("TAGBEAT_FUZZ_TARGET must be one of \(FuzzedParser.all.map(\.name).joined(separator: " "))")
    }
    return found
}()

private func run(_ bytes: [UInt8]) {
    let work = Double(parser.readings) * max(1, Double(bytes.count) / 65_536)
    for attempt in 1...3 {
        let seconds = processorTime {
            do {
                try parser.run(bytes)
            } catch {
                fatalError("\(parser.name): \(error)")
            }
        }
        // Looked for is what takes more than linear time, which is seconds for 64 KiB. JSON of thousands of small parts takes
        // 23 times the reference, in proportion to their number.
        guard seconds > 0.5 * work else { return }
        // How fast this machine is just now, with whatever else runs on it, tells what is slow; and what was slow once may
        // have been disturbed.
        let reference = processorTime(readTheReference)
        if seconds <= 200 * reference * work { return }
        if attempt == 3 {
            let times = (seconds / (reference * work)).rounded()
            fatalError("\(parser.name): \(bytes.count) bytes took \(seconds) s, \(times) times the reference")
        }
    }
}

/// What a parser of 64 KiB does at least, in about 5 ms of an undisturbed core: cuts them into words, and knows the words.
private func readTheReference() {
    var state: UInt64 = 1
    let bytes = (0..<65_536).map { _ in
        // Knuth's linear congruential generator, whose highest bits are the good ones.
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return 0x20 + UInt8(truncatingIfNeeded: state >> 58)
    }
    var places: [String: Int] = [:]
    for (place, word) in bytes.split(separator: 0x2c).enumerated() {
        for part in stride(from: word.startIndex, to: word.endIndex, by: 8) {
            places[String(decoding: word[part..<min(part + 8, word.endIndex)], as: UTF8.self)] = place
        }
    }
    precondition(places.keys.sorted().count > 1_000)
}

/// Of some inputs, always the same, the middle third again and again: what takes more than linear time shows there, and
/// what is wrong where an input is as long as it may be.
private struct Stretched {
    private let head: ArraySlice<UInt8>
    private let middle: ArraySlice<UInt8>
    private let tail: ArraySlice<UInt8>
    let times: Int

    init?(_ bytes: [UInt8]) {
        let hash = bytes.reduce(0) { ($0 ^ UInt32($1)) &* 16_777_619 } >> 8
        guard bytes.count >= 3, hash & 255 == 0 else { return nil }
        let sizes = [65_536, parser.longest, parser.longest / 2, parser.longest / 4]
        let size = sizes[Int(hash >> 8) % sizes.count]
        let third = bytes.count / 3
        (head, middle, tail) = (bytes[..<third], bytes[third..<(2 * third)], bytes[(2 * third)...])
        times = (size - head.count - tail.count) / middle.count
        guard times > 1 else { return nil }
    }

    func bytes(_ times: Int) -> [UInt8] {
        Array(head) + Array(repeating: middle, count: times).joined() + tail
    }
}

/// Four times as much may take four times as long and some more, never sixteen times: that needs no constant of how quick
/// a parser is. Of some neighbouring lengths the slowest counts, because one quotation mark more may end it early.
private func requireLinearTime(_ stretched: Stretched) {
    guard stretched.times >= 16 else { return }
    let whole = stretched.bytes(stretched.times)
    let quarters = (0..<4).map { stretched.bytes(stretched.times / 4 + $0) }
    var ratio = Double.infinity
    for _ in 1...5 {
        let seconds = processorTime { try? parser.run(whole) }
        // What is quick is no danger, and too short to be told from a disturbance.
        guard seconds > 0.02 else { return }
        let quarter = quarters.map { bytes in processorTime { try? parser.run(bytes) } }.max() ?? 0
        ratio = min(ratio, seconds / max(quarter, 1e-6))
        if ratio <= 10 { return }
    }
    fatalError("\(parser.name): \(whole.count) bytes took \(ratio.rounded()) times as long as a quarter of them")
}

/// Seconds of the processor, because other processes run beside.
private func processorTime(_ work: () -> Void) -> Double {
    func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
    let start = now()
    work()
    return now() - start
}

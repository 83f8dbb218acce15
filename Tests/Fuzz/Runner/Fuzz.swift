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
    if let stretched = stretched(bytes) { run(stretched) }
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
    // Processor time, because other processes run beside; what was slow once may have been disturbed.
    let allowed = 0.1 * Double(parser.readings) * max(1, Double(bytes.count) / 65_536)
    for attempt in 1...3 {
        let start = processorTime()
        do {
            try parser.run(bytes)
        } catch {
            fatalError("\(parser.name): \(error)")
        }
        let seconds = processorTime() - start
        if seconds <= allowed { return }
        if attempt == 3 { fatalError("\(parser.name): \(bytes.count) bytes took \(seconds) s") }
    }
}

/// Of some inputs, always the same, the middle third again and again: what takes more than linear time shows there, and
/// what is wrong where an input is as long as it may be.
private func stretched(_ bytes: [UInt8]) -> [UInt8]? {
    let hash = bytes.reduce(0) { ($0 ^ UInt32($1)) &* 16_777_619 } >> 8
    guard bytes.count >= 3, hash & 255 == 0 else { return nil }
    let sizes = [65_536, parser.longest, parser.longest / 2, parser.longest / 4]
    let size = sizes[Int(hash >> 8) % sizes.count]
    let third = bytes.count / 3
    let (head, middle, tail) = (bytes[..<third], bytes[third..<(2 * third)], bytes[(2 * third)...])
    let times = (size - head.count - tail.count) / middle.count
    return times > 1 ? Array(head) + Array(repeating: middle, count: times).joined() + tail : nil
}

private func processorTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

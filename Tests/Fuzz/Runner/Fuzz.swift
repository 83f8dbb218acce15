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

/// Of some inputs, always the same, the middle third again and again: what takes more than linear time shows there.
private func stretched(_ bytes: [UInt8]) -> [UInt8]? {
    guard bytes.count >= 3, bytes.reduce(0, { ($0 ^ UInt32($1)) &* 16_777_619 }) >> 8 & 255 == 0 else { return nil }
    let third = bytes.count / 3
    let (head, tail) = (bytes[..<third], bytes[(2 * third)...])
    let middle = bytes[third..<(2 * third)]
    var result = Array(head)
    while result.count + middle.count + tail.count <= 65_536 { result += middle }
    return result + tail
}

private func processorTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

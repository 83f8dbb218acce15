/// IPv6 addresses in text, hexadecimal groups only: the grammar has no zones and no dotted tails.
enum IPv6Text {
    /// The spelling of RFC 5952, so that one address is one registry; nil for anything that is no address.
    static func normalised(_ bytes: Bytes) -> String? {
        guard let groups = groups(bytes) else { return nil }
        let gap = longestZeroRun(groups)
        func join(_ part: ArraySlice<UInt16>) -> String { part.map { String($0, radix: 16) }.joined(separator: ":") }
        guard gap.count > 1 else { return join(groups[...]) }
        return join(groups[..<gap.lowerBound]) + "::" + join(groups[gap.upperBound...])
    }

    private static func groups(_ bytes: Bytes) -> [UInt16]? {
        guard (2...39).contains(bytes.count) else { return nil }
        guard let gap = bytes.indices.dropLast().first(where: { bytes[$0] == .colon && bytes[$0 + 1] == .colon }) else {
            guard let all = list(bytes), all.count == 8 else { return nil }
            return all
        }
        guard let head = list(bytes[..<gap]), let tail = list(bytes[(gap + 2)...]), head.count + tail.count <= 7 else {
            return nil
        }
        return head + [UInt16](repeating: 0, count: 8 - head.count - tail.count) + tail
    }

    private static func list(_ bytes: Bytes) -> [UInt16]? {
        if bytes.isEmpty { return [] }
        var result = [UInt16]()
        for part in bytes.split(separator: .colon, omittingEmptySubsequences: false) {
            guard (1...4).contains(part.count) else { return nil }
            var value: UInt16 = 0
            for byte in part {
                guard let digit = byte.lowerCased.lowerCaseHexValue else { return nil }
                value = value << 4 | UInt16(digit)
            }
            result.append(value)
        }
        return result
    }

    private static func longestZeroRun(_ groups: [UInt16]) -> Range<Int> {
        var best = 0..<0
        var start = 0
        for index in groups.indices {
            if groups[index] != 0 {
                start = index + 1
            } else if index + 1 - start > best.count {
                best = start..<(index + 1)
            }
        }
        return best
    }
}

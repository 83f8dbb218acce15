/// Finds the version in a tag's name, in one pass over its bytes.
struct VersionScanner {
    let bytes: [UInt8]
    /// Where the version begins, and where reading goes on.
    private(set) var start = 0
    var position = 0
    var pattern: [UInt8] = []
    var numbers: [VersionNumber] = []
    var prerelease = Prerelease.release
    var revision: [VersionNumber] = []
    var isDate = false

    init(_ name: String) { bytes = Array(name.utf8) }

    /// False: there is no version.
    mutating func scan() -> Bool {
        guard let start = versionStart() else { return false }
        self.start = start
        position = start
        pattern.reserveCapacity(bytes.count + 8)
        pattern += bytes[..<start]
        if !scanDate() { scanNumbers() }
        scanPrerelease()
        while scanRevision() {}
        scanSuffix()
        return true
    }

    subscript(index: Int) -> UInt8 { index < bytes.count ? bytes[index] : 0 }

    /// The end of the run of digits at `index`.
    func digitsEnd(_ index: Int) -> Int {
        var end = index
        while end < bytes.count, bytes[end].isDigit { end += 1 }
        return end
    }

    func lettersEnd(_ index: Int) -> Int {
        var end = index
        while end < bytes.count, bytes[end].isLetter { end += 1 }
        return end
    }

    /// The end of the tag, or something that separates parts.
    func isBoundary(_ index: Int) -> Bool { index >= bytes.count || bytes[index].isSeparator }

    func number(_ range: Range<Int>) -> VersionNumber { VersionNumber(digits: bytes[range]) }

    /// No word that is known here is longer than what a string holds without an allocation.
    func lowerCased(_ range: Range<Int>) -> String {
        guard range.count <= 15 else { return "" }
        return String(unsafeUninitializedCapacity: range.count) { buffer in
            for (index, byte) in bytes[range].enumerated() {
                buffer[index] = byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
            }
            return range.count
        }
    }

    mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { pattern += $0 }
    }

    // MARK: The beginning

    /// Of parts that begin with a number (`3.12`, `v1.2`) the first, else of those that hold one (`alpine3.19`).
    private func versionStart() -> Int? {
        var lettered: Int?
        var index = 0
        while index < bytes.count {
            var end = index
            while end < bytes.count, !isPartEnd(end) { end += 1 }
            if end == index {
                index += 1
                continue
            }
            let letters = lettersEnd(index)
            if letters == index || (letters == index + 1 && bytes[index] | 0x20 == UInt8(ascii: "v")) {
                if letters < end, bytes[letters].isDigit, !isCommit(index..<end), !isArchitecture(index..<end) {
                    return letters
                }
            } else if letters == end {
                if index == 0, Self.countedThings.contains(lowerCased(index..<end)) { return nil }
            } else if lettered == nil, bytes[letters].isDigit, !isArchitecture(index..<end), !isCommit(index..<end) {
                lettered = letters
            }
            // x86_64 is one word.
            if end - index == 3, self[end] == UInt8(ascii: "_"), lowerCased(index..<end) == "x86" { end += 3 }
            index = end + 1
        }
        return lettered
    }

    /// A dot joins numbers, and separates them from words.
    private func isPartEnd(_ index: Int) -> Bool {
        switch bytes[index] {
        case UInt8(ascii: "-"), UInt8(ascii: "_"): true
        case UInt8(ascii: "."): index > 0 && bytes[index - 1].isLetter
        default: false
        }
    }

    /// Seven or more hexadecimal digits, letters among them: a commit.
    private func isCommit(_ range: Range<Int>) -> Bool {
        guard range.count >= 7 else { return false }
        var (letters, digits) = (0, 0)
        for byte in bytes[range] {
            if byte.isDigit {
                digits += 1
            } else if byte >= 0x61, byte <= 0x66 {
                letters += 1
            } else {
                return false
            }
        }
        return letters > 0 && digits > 0
    }

    private func isArchitecture(_ range: Range<Int>) -> Bool {
        range.count <= 8 && Self.architectures.contains(lowerCased(range))
    }

    private static let architectures: Set<String> = [
        "amd64", "arm64", "arm64v8", "arm32", "arm32v5", "arm32v6", "arm32v7", "armv5", "armv6", "armv7", "armv7l",
        "armv8", "aarch64", "i386", "i486", "i586", "i686", "386", "x86", "x64", "ppc64", "ppc64le", "s390x", "riscv64",
        "mips64", "mips64le", "loong64", "win32", "win64", "64bit", "32bit",
    ]

    /// The numbers after these name commits and pull requests, of which none takes another's place.
    private static let countedThings: Set<String> = ["sha", "git", "commit", "pr", "mr", "pull"]
}

extension UInt8 {
    var isDigit: Bool { self >= 0x30 && self <= 0x39 }
    var isLetter: Bool { (self | 0x20) >= 0x61 && (self | 0x20) <= 0x7A }
    var isSeparator: Bool { self == 0x2D || self == 0x2E || self == 0x5F }
}

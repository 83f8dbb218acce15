import Foundation
import OCI

/// An opaque position in a list: what it is a position in, and the sort key of the last item shown.
struct Cursor {
    let kind: String
    let values: [String]

    init(kind: String, values: [String]) {
        self.kind = kind
        self.values = values
    }

    /// Nil for anything that ``text`` of the same kind did not make.
    init?(_ text: String, kind: String, count: Int) {
        guard text.utf8.count <= 2_000 else { return nil }
        var base64 = text.utf8.map {
            $0 == UInt8(ascii: "-") ? UInt8(ascii: "+") : $0 == UInt8(ascii: "_") ? UInt8(ascii: "/") : $0
        }
        base64 += Array(repeating: UInt8(ascii: "="), count: (4 - base64.count % 4) % 4)
        guard let data = Data(base64Encoded: Data(base64)), let joined = String(validating: data, as: UTF8.self) else {
            return nil
        }
        let parts = joined.split(separator: Self.separator, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == count + 1, parts[0] == kind else { return nil }
        self.init(kind: kind, values: Array(parts.dropFirst()))
    }

    /// No name and no number has one.
    private static let separator = "\n"

    /// Base64url without padding.
    var text: String {
        let joined = ([kind] + values).joined(separator: Self.separator)
        let base64 = Data(joined.utf8).base64EncodedData().lazy.filter { $0 != UInt8(ascii: "=") }
            .map { $0 == UInt8(ascii: "+") ? UInt8(ascii: "-") : $0 == UInt8(ascii: "/") ? UInt8(ascii: "_") : $0 }
        return String(decoding: base64, as: UTF8.self)
    }
}

extension Timestamp {
    /// To the microsecond, as a cursor bears it.
    var cursor: String { String(microseconds) }

    /// Nil for times before the year 1 or after 9999, which no cursor of ours bears and PostgreSQL may not hold.
    init?(cursor text: String) {
        guard let microseconds = Int64(text), (-62_135_596_800_000_000..<253_402_300_800_000_000).contains(microseconds)
        else { return nil }
        self.init(microseconds: microseconds)
    }
}

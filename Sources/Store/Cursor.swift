import Foundation
import OCI

/// An opaque position in a list: what it is a position in, and the sort key of the last item shown.
struct Cursor: Codable {
    let kind: String
    let values: [String]

    init(kind: String, values: [String]) {
        self.kind = kind
        self.values = values
    }

    /// Nil for anything that ``text`` of the same kind did not make.
    init?(_ text: String, kind: String, count: Int) {
        let base64 = text.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
        let padded = base64 + String(repeating: "=", count: (4 - base64.utf8.count % 4) % 4)
        guard text.utf8.count <= 2_000, let data = Data(base64Encoded: padded),
            let cursor = try? JSONDecoder().decode(Cursor.self, from: data), cursor.kind == kind,
            cursor.values.count == count
        else { return nil }
        self = cursor
    }

    /// Base64url without padding.
    var text: String {
        let encoder = JSONEncoder()
        // In each process the same, so that a page has the same links from all of them.
        encoder.outputFormatting = .sortedKeys
        let data = (try? encoder.encode(self)) ?? Data()
        return data.base64EncodedString().replacingOccurrences(of: "+", with: "-")
            .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
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

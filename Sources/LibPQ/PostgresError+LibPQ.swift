import CLibPQ
import Foundation

extension PostgresError {
    /// The server's error. What may quote a value or the statement's text goes into the detail.
    static func server(_ result: OpaquePointer) -> PostgresError {
        func field(_ code: Character) -> String? {
            code.asciiValue.flatMap { PQresultErrorField(result, Int32($0)) }.map { String(cString: $0) }
        }
        let state = field("C").map(SQLState.init(rawValue:))
        let primary = field("M") ?? "PostgreSQL refused a statement"
        let safe = state.flatMap(message(for:))
        let detail = [safe == nil ? nil : primary, field("D"), field("H"), field("W")].compactMap { $0 }
        return PostgresError(
            .server, safe ?? primary, sqlState: state, detail: detail.isEmpty ? nil : detail.joined(separator: "; "))
    }

    /// Our own words for states whose primary message quotes values (classes 22 and P0) or SQL.
    private static func message(for state: SQLState) -> String? {
        switch state.rawValue {
        case "42601": "PostgreSQL found a syntax error in a statement"
        case let value where value.hasPrefix("22"): "PostgreSQL refused a value"
        case let value where value.hasPrefix("P0"): "a database function refused"
        default: nil
        }
    }

    /// Why no connection was made, without where it was tried, which is part of the connection string.
    ///
    /// A mistyped string makes libpq take a part of the password for a host or a port and quote it, so what it quotes is
    /// left out, unless it stands in an address that was really tried (detail only) or in the server's own words.
    static func connecting(_ text: String) -> PostgresError {
        var reasons: [String] = []
        var detail: [String] = []
        // Lines that begin with a tab are advice.
        for line in text.split(separator: "\n").map(String.init) where !line.hasPrefix("\t") {
            let reasonStart = line.range(of: " failed: ")?.upperBound ?? line.startIndex
            var reason = String(line[reasonStart...])
            if let fatal = reason.range(of: "FATAL:  ", options: .anchored) {
                reason.removeSubrange(fatal)
            } else {
                reason = withoutQuotations(reason)
            }
            if !reasons.contains(reason) { reasons.append(reason) }
            let address = line.hasPrefix("connection to server ") ? String(line[..<reasonStart]) : ""
            detail.append(address + reason)
        }
        let reason = reasons.isEmpty ? "no reason was given" : reasons.joined(separator: "; ")
        return PostgresError(
            .connectionFailed, "cannot connect to PostgreSQL: \(reason)", detail: detail.joined(separator: "; "))
    }

    private static func withoutQuotations(_ text: String) -> String {
        guard let first = text.firstIndex(of: "\""), let last = text.lastIndex(of: "\""), first < last else {
            return text
        }
        return text[...first] + "…" + text[last...]
    }
}

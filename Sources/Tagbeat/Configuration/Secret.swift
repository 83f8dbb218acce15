/// A text that is never shown: printing it, or anything that holds it, shows three dots.
struct Secret: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The secret itself, for the one place that needs it.
    let revealed: String

    init(_ text: String) { revealed = text }

    var description: String { "•••" }
    var debugDescription: String { description }
    var customMirror: Mirror { Mirror(self, children: [], displayStyle: .struct) }
}

/// Where the PostgreSQL server is. It may hold a password, which `description` leaves out.
struct DatabaseURL: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// For libpq, which understands both forms. https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-CONNSTRING
    let conninfo: String

    init(_ text: String) throws(BadValue) {
        let text = text.trimmingWhitespace
        guard Self.isURI(text) || text.contains("=") && !text.contains("://") else {
            throw BadValue(
                "is not a PostgreSQL connection string",
                right: "postgresql://user:password@host:5432/name or host=… dbname=… user=…", hidesValue: true)
        }
        conninfo = text
    }

    private static func isURI(_ text: String) -> Bool {
        text.hasPrefix("postgresql://") || text.hasPrefix("postgres://")
    }

    var description: String { Self.isURI(conninfo) ? redactedURI : redactedPairs }
    var debugDescription: String { description }
    var customMirror: Mirror { Mirror(self, children: ["conninfo": description], displayStyle: .struct) }

    /// Everything up to the last `@` counts as the login, because passwords with an unescaped `@` or `/` are common.
    private var redactedURI: String {
        guard let colon = conninfo.firstRange(of: "://") else { return "•••" }
        var rest = conninfo[colon.upperBound...]
        var login = ""
        if let at = rest.lastIndex(of: "@") {
            let user = rest[..<at].prefix { $0 != ":" }
            login = user.endIndex == at ? user + "@" : user + ":•••@"
            rest = rest[rest.index(after: at)...]
        }
        let parts = rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var shown = conninfo[..<colon.upperBound] + login + (parts.first ?? "")
        if parts.count > 1 {
            let parameters = parts[1].split(separator: "&").map { parameter in
                let name = parameter.prefix { $0 != "=" }
                return name.lowercased().contains("pass") || name.contains("%") ? name + "=•••" : parameter
            }
            shown += "?" + parameters.joined(separator: "&")
        }
        return String(shown)
    }

    /// Of key=value pairs only those that say where: a value may be quoted in ways that hide where a password ends.
    private var redactedPairs: String {
        let shown = conninfo.matches(of: /(?:^|\s)(host|port|dbname|user|service)\s*=\s*([^\s'\\]+)(?=\s|$)/)
        // A quote may make one of these words part of a quoted password.
        guard !conninfo.contains("'"), !conninfo.contains("\\") else { return "•••" }
        return shown.map { "\($0.1)=\($0.2)" }.joined(separator: " ")
    }
}

import OCI

/// A proxy as the operator wrote it. Its login is never shown.
struct Proxy: Hashable, Sendable, CustomStringConvertible {
    enum Kind: String, Sendable {
        case http, socks5
    }

    struct Login: Hashable, Sendable {
        let username: String
        let password: Secret
    }

    let kind: Kind
    let host: String
    let port: Int
    let login: Login?

    /// `http://[user:password@]host[:port]`, `socks5://host[:port]`, or the host alone.
    ///
    /// - Throws: `SettingError`, which names the variable and never the value: it may hold a password.
    init(parsing text: String, variable: String) throws(SettingError) {
        func bad(_ why: String) -> SettingError {
            SettingError("\(variable) \(why); write http://[user:password@]host:port or socks5://host:port")
        }
        var rest = text[...]
        var scheme = "http"
        if let mark = text.firstRange(of: "://") {
            scheme = text[..<mark.lowerBound].lowercased()
            rest = text[mark.upperBound...]
        }
        switch scheme {
        case "http": kind = .http
        case "socks5", "socks5h", "socks": kind = .socks5
        case "https": throw bad("is a proxy that is itself spoken to by TLS, which is not supported")
        default: throw bad("is not a proxy's URL")
        }
        // A password with an unescaped `@` or `/` is common.
        var login: Login?
        if let at = rest.lastIndex(of: "@") {
            let parts = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard let username = FormFields.unescaped(parts[0]),
                let password = parts.count > 1 ? FormFields.unescaped(parts[1]) : ""
            else { throw bad("holds a login that is not escaped as a URL has it") }
            login = Login(username: username, password: Secret(password))
            rest = rest[rest.index(after: at)...]
        }
        rest = rest.withoutFinalSlashes
        guard let (host, port) = RemoteURL.authority(Array(rest.utf8)[...]) else { throw bad("is not a proxy's URL") }
        guard login == nil || kind == .http else { throw bad("holds a login for SOCKS, which is not supported") }
        self.host = host
        self.port = port ?? (kind == .http ? 80 : 1_080)
        self.login = login
    }

    var description: String { "\(kind.rawValue)://\(login == nil ? "" : "•••@")\(host):\(port)" }
}

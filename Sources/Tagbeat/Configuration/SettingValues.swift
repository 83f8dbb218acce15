import Foundation
import Logging
import OCI

/// How each kind of value is read. Pure; the errors say what would be right.
enum SettingValues {
    static func duration(_ text: String) throws(BadValue) -> Duration {
        let bad = BadValue("is not a duration", right: "a number and a unit, such as 90s, 15m, 2h, 1d or 2y")
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86400, "y": 365 * 86400]
        guard let last = text.last, let unit = units[last] else { throw bad }
        let digits = text.dropLast()
        guard !digits.isEmpty, digits.allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int64(digits) else {
            throw bad
        }
        guard number > 0, number <= 1000 * 365 * 86400 / unit else {
            throw BadValue("is out of range", right: "from 1s to 1000y")
        }
        return .seconds(number * unit)
    }

    /// The way back, in the largest unit that fits.
    static func text(_ duration: Duration) -> String {
        let seconds = duration.components.seconds
        for (unit, length) in [("y", Int64(365 * 86400)), ("d", 86400), ("h", 3600), ("m", 60)]
        where seconds.isMultiple(of: length) && seconds > 0 {
            return "\(seconds / length)\(unit)"
        }
        return "\(seconds)s"
    }

    static func flag(_ text: String) throws(BadValue) -> Bool {
        switch text.lowercased() {
        case "on", "true", "yes", "1": return true
        case "off", "false", "no", "0": return false
        default: throw BadValue("is neither on nor off", right: "on or off")
        }
    }

    static func starter(_ text: String) throws(BadValue) -> Settings.Starter {
        if text.lowercased() == "popular" { return .popular }
        guard let isOn = try? flag(text) else { throw BadValue("is not a starter", right: "on, off or popular") }
        return isOn ? .on : .off
    }

    static func count(_ text: String) throws(BadValue) -> Int {
        guard let number = Int(text), number > 0, number <= 1_000_000_000 else {
            throw BadValue("is not a count", right: "a whole number from 1 to 1000000000")
        }
        return number
    }

    static func rate(_ text: String) throws(BadValue) -> Double {
        guard text.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ".") }), let number = Double(text),
            number >= 0.001, number <= 100_000
        else { throw BadValue("is not a rate", right: "requests a second, from 0.001 to 100000") }
        return number
    }

    static func hosts(_ text: String) throws(BadValue) -> [HostPort] { try list(text, HostPort.init(parsing:)) }

    static func addresses(_ text: String) throws(BadValue) -> [AddressRange] {
        try list(text, AddressRange.init(parsing:))
    }

    private static func list<T>(_ text: String, _ parse: (String) throws(BadValue) -> T) throws(BadValue) -> [T] {
        var items: [T] = []
        for part in text.split(separator: ",") where !part.trimmingWhitespace.isEmpty {
            do {
                items.append(try parse(part.trimmingWhitespace))
            } catch {
                // Of a list, only the bad item is worth naming.
                throw BadValue("holds \(part.trimmingWhitespace.shown), which \(error.problem)", right: error.right)
            }
        }
        return items
    }

    /// An http or https address without credentials; a slash at its end is dropped, so that paths can follow.
    static func webURL(_ text: String) throws(BadValue) -> String {
        _ = try webURL(text, right: "https://host[:port][/path], without a login, query or fragment")
        return String(text.withoutFinalSlashes)
    }

    /// That of a whole host, whose pages link to each other from the root; as browsers write it in `Origin`: in small
    /// letters, without the scheme's own port.
    static func siteURL(_ text: String) throws(BadValue) -> String {
        let right = "https://host[:port], without a login, path, query or fragment"
        let url = try webURL(text, right: right)
        guard url.path.allSatisfy({ $0 == "/" }) else {
            throw BadValue("is not the address of a whole host", right: right)
        }
        let port = url.port.flatMap { $0 == (url.scheme == "https" ? 443 : 80) ? nil : ":\($0)" } ?? ""
        return "\(url.scheme)://\(url.host)\(port)"
    }

    private static func webURL(
        _ text: String, right: String
    ) throws(BadValue) -> (scheme: String, host: String, port: Int?, path: String) {
        // Somebody may have written a password into it.
        let bad = BadValue("is not an address on the web", right: right, hidesValue: text.contains("@"))
        guard let url = URLComponents(string: text), let scheme = url.scheme?.lowercased(),
            ["http", "https"].contains(scheme),
            let host = url.encodedHost, !host.isEmpty, !host.contains("%"), url.user == nil, url.password == nil,
            url.query == nil,
            url.fragment == nil,
            !text.contains(where: \.isWhitespace), url.port.map({ (1...65535).contains($0) }) ?? true
        else { throw bad }
        return (scheme, host.lowercased(), url.port, url.path)
    }

    /// RFC 6750 sends it in a header, so it must be plain visible ASCII.
    static func token(_ text: String) throws(BadValue) -> Secret {
        guard text.unicodeScalars.allSatisfy({ (0x21...0x7e).contains($0.value) }) else {
            throw BadValue(
                "holds a space or a character that no HTTP header can carry",
                right: "letters, digits and ASCII signs, such as `openssl rand -hex 24` makes", hidesValue: true)
        }
        return Secret(text)
    }

    static func logLevel(_ text: String) throws(BadValue) -> Logger.Level {
        let text = text.lowercased()
        guard let level = Logger.Level(rawValue: text == "warn" ? "warning" : text) else {
            throw BadValue(
                "is not a log level", right: Logger.Level.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return level
    }

    static func choice<T: RawRepresentable<String> & CaseIterable>(_ text: String) throws(BadValue) -> T {
        // Case does not matter to anybody who writes it.
        guard let value = T.allCases.first(where: { $0.rawValue.lowercased() == text.lowercased() }) else {
            throw BadValue("is not known here", right: "one of " + T.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return value
    }
}

/// `${NAME}` and `${NAME:-default}` in the YAML file's values. `$${` stands for a literal `${`; any other `$` for itself.
enum Substitution {
    enum Failure: Error, Equatable {
        case unset(String)
        case malformed
    }

    /// As in the shell, `:-` takes the default for an empty variable too.
    static func expand(_ text: String, environment: [String: String]) throws(Failure) -> String {
        var result = ""
        var rest = Substring(text)
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[dollar...]
            if rest.hasPrefix("$${") {
                result += "${"
                rest = rest.dropFirst(3)
            } else if rest.hasPrefix("${") {
                guard let end = rest.firstIndex(of: "}") else { throw .malformed }
                result += try value(of: rest[..<end].dropFirst(2), environment)
                rest = rest[rest.index(after: end)...]
            } else {
                result += "$"
                rest = rest.dropFirst()
            }
        }
        return result + rest
    }

    private static func value(of inner: Substring, _ environment: [String: String]) throws(Failure) -> String {
        let name = String(inner.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") })
        let rest = inner.dropFirst(name.count)
        guard let first = name.first, !first.isNumber else { throw .malformed }
        if rest.hasPrefix(":-") {
            let value = environment[name] ?? ""
            return value.isEmpty ? String(rest.dropFirst(2)) : value
        }
        guard rest.isEmpty else { throw .malformed }
        guard let value = environment[name] else { throw .unset(name) }
        return value
    }
}

import Foundation

/// The places that settings are read from, in their order, and what was found wrong on the way.
struct SettingSources {
    let flags: [Setting: String]
    let environment: [String: String]
    private(set) var file: SettingsFile?
    private(set) var problems: [String] = []

    init(flags: [Setting: String], environment: [String: String]) {
        self.flags = flags
        self.environment = environment
    }

    mutating func readFile() {
        guard let path = value(.config, { $0 }) else { return }
        let file = SettingsFile(path: path, environment: environment)
        problems += file.problems
        self.file = file
    }

    /// A setting's value, parsed; its default where it is set nowhere; nil where it has none or its value is wrong.
    mutating func value<T>(_ setting: Setting, _ parse: (String) throws(BadValue) -> T) -> T? {
        guard let found = find(setting) else { return nil }
        do {
            return try parse(found.text)
        } catch {
            let shown = setting.isSecret || error.hidesValue ? "the value" : found.text.shown
            problems.append("\(found.origin): \(shown) \(error.problem). Right would be: \(error.right).")
            return nil
        }
    }

    private struct Found {
        let text: String
        let origin: String
    }

    private mutating func find(_ setting: Setting) -> Found? {
        let layers: [(Setting) -> Found?] = [
            { [flags] in
                flags[$0].map { [flag = $0.flag ?? $0.environment] in Found(text: $0, origin: flag) }
            },
            { [environment] in
                environment[$0.environment].map { [name = $0.environment] in Found(text: $0, origin: name) }
            },
            { [file] in file?.values[$0.key].map { Found(text: $0.text, origin: $0.origin) } },
        ]
        for layer in layers {
            let direct = layer(setting).flatMap { $0.text.trimmingWhitespace.isEmpty ? nil : $0 }
            let named = setting.file.flatMap(layer).flatMap { $0.text.trimmingWhitespace.isEmpty ? nil : $0 }
            if let direct, let named {
                problems.append("\(direct.origin) and \(named.origin) are both set. Set one of them.")
                return nil
            }
            if let direct {
                // A secret may begin or end with a space; nothing else does on purpose.
                return setting.isSecret ? direct : Found(text: direct.text.trimmingWhitespace, origin: direct.origin)
            }
            if let named { return read(named) }
        }
        let fallback = setting.hasParsableDefault ? setting.defaultText : nil
        return fallback.map { Found(text: $0, origin: setting.environment) }
    }

    private mutating func read(_ named: Found) -> Found? {
        do {
            return Found(text: try SecretFile.read(named.text), origin: "\(named.origin): \(named.text)")
        } catch {
            problems.append("\(named.origin): \(named.text.shown) \(error.problem). Right would be: \(error.right).")
            return nil
        }
    }

    /// Variables that look like a setting of ours written wrong. Not an error: Kubernetes adds TAGBEAT_PORT and
    /// TAGBEAT_SERVICE_HOST to every container beside a service named tagbeat.
    var warnings: [String] {
        let ours = "TAGBEAT_"
        let known = Setting.allWithFiles.map(\.environment).filter { $0.hasPrefix(ours) }.map {
            String($0.dropFirst(ours.count))
        }
        return environment.keys.sorted().compactMap { name in
            let rest = String(name.dropFirst(ours.count))
            guard name.hasPrefix(ours), !known.contains(rest), !rest.hasPrefix("PORT"), !rest.hasPrefix("SERVICE"),
                let nearest = rest.nearest(among: known)
            else { return nil }
            return "The environment variable \(name) is none of Tagbeat's settings. Did you mean \(ours)\(nearest)?"
        }
    }
}

/// A file that holds one secret.
enum SecretFile {
    /// The file's text without the line breaks at its end, which editors and `echo` add.
    static func read(_ path: String) throws(BadValue) -> String {
        guard let data = FileManager.default.contents(atPath: path), let text = String(data: data, encoding: .utf8)
        else {
            throw BadValue("cannot be read", right: "a readable file that holds the secret")
        }
        guard data.count <= 65536, let last = text.lastIndex(where: { !$0.isNewline }) else {
            throw BadValue("is empty or too long", right: "a file that holds the secret and nothing else")
        }
        return String(text[...last])
    }
}

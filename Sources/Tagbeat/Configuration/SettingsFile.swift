import Foundation
import OCI
import Yams

/// The YAML file TAGBEAT_CONFIG, read node by node, so that everything wrong is told with its line.
struct SettingsFile {
    struct Value {
        let text: String
        let origin: String
    }

    /// By the setting's key.
    private(set) var values: [String: Value] = [:]
    var registries: [RegistryEntry] = []
    var repositories: [RepositoryEntry] = []
    /// Nil: the usual ones.
    var presets: [PresetEntry]?
    private(set) var problems: [String] = []
    private let name: String
    private let environment: [String: String]

    init(path: String, environment: [String: String]) {
        self.init(name: path, environment: environment)
        guard let data = FileManager.default.contents(atPath: path) else {
            problems.append("TAGBEAT_CONFIG: \(path.shown) cannot be read. Right would be: a readable YAML file.")
            return
        }
        guard data.count <= 1 << 20, let text = String(data: data, encoding: .utf8) else {
            problems.append("\(path): it is not a text in UTF-8 of at most 1 MiB.")
            return
        }
        read(text)
    }

    init(name: String, yaml: String, environment: [String: String]) {
        self.init(name: name, environment: environment)
        read(yaml)
    }

    private init(name: String, environment: [String: String]) {
        self.name = name
        self.environment = environment
    }

    private mutating func read(_ yaml: String) {
        let root: Node?
        do {
            root = try compose(yaml: yaml)
        } catch {
            // Not the error's own text, which quotes the file: the line may hold a secret.
            problems.append(syntaxProblem(error))
            return
        }
        guard let root, !Self.isNull(root) else { return }
        guard root.mapping != nil else { return complain(root, "the file is not a list of `key: value`") }
        let known = Dictionary(
            Setting.allWithFiles.filter { !$0.key.isEmpty }.map { ($0.key, $0) },
            uniquingKeysWith: { first, _ in first })
        for (key, keyNode, node) in entries(
            root, known: Array(known.keys) + ["registries", "repositories", "presets"], of: "setting")
        {
            switch key {
            case "registries": readRegistries(node)
            case "repositories": readRepositories(node)
            case "presets": readPresets(node)
            default:
                let items = node.sequence.map { sequence in
                    sequence.compactMap { scalar($0, key) }.joined(separator: ",")
                }
                if let text = items ?? scalar(node, key) {
                    values[key] = Value(text: text, origin: origin(keyNode) + ": " + key)
                }
            }
        }
    }

    private func syntaxProblem(_ error: any Error) -> String {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            "\(name), line \(mark.line): it is not YAML: \(problem)."
        case .duplicatedKeysInMapping(let duplicates, let context):
            "\(name), line \(context.mark.line): \(duplicates.map(\.shown).joined(separator: ", ")) stands there twice."
        default:
            "\(name): it is not YAML."
        }
    }
}

extension SettingsFile {
    private static func isNull(_ node: Node) -> Bool {
        guard let scalar = node.scalar, scalar.style == .plain || scalar.style == .any else { return false }
        return ["", "~", "null"].contains(scalar.string)
    }

    func origin(_ node: Node) -> String { name + (node.mark.map { ", line \($0.line)" } ?? "") }

    mutating func complain(_ node: Node, _ problem: String) { problems.append("\(origin(node)): \(problem).") }

    /// A mapping's pairs; keys that are not known are complained of, with the nearest right one.
    mutating func entries(_ node: Node, known: [String], of kind: String) -> [(key: String, keyNode: Node, value: Node)]
    {
        guard let mapping = node.mapping else {
            if !Self.isNull(node) { complain(node, "here a list of `key: value` is expected") }
            return []
        }
        var result: [(String, Node, Node)] = []
        for (keyNode, value) in mapping {
            let key = keyNode.scalar?.string ?? ""
            if known.contains(key) {
                result.append((key, keyNode, value))
            } else {
                let advice =
                    key.nearest(among: known.sorted()).map { "Did you mean \($0.shown)?" }
                    ?? "Known are " + known.sorted().joined(separator: ", ") + "."
                problems.append("\(origin(keyNode)): there is no \(kind) \(key.shown). \(advice)")
            }
        }
        return result
    }

    /// A single value, the environment's put in; nil where there is none, or where it is wrong.
    mutating func scalar(_ node: Node, _ key: String) -> String? {
        if Self.isNull(node) { return nil }
        guard let scalar = node.scalar else {
            complain(node, "\(key) takes a single value")
            return nil
        }
        do {
            let text = try Substitution.expand(scalar.string, environment: environment)
            return text.isEmpty ? nil : text
        } catch {
            switch error {
            case .unset(let name):
                complain(
                    node,
                    "\(key) uses the environment variable \(name), which is not set; set it, or write ${\(name):-default}"
                )
            case .malformed:
                complain(
                    node,
                    "\(key) holds a `${` that is neither ${NAME} nor ${NAME:-default}; write $${ for a literal one")
            }
            return nil
        }
    }

    /// A single value, parsed.
    mutating func value<T>(
        _ node: Node, _ key: String, secret: Bool = false, _ parse: (String) throws(BadValue) -> T
    ) -> T? {
        guard let text = scalar(node, key) else { return nil }
        do {
            return try parse(text)
        } catch {
            let shown = secret || error.hidesValue ? "the value" : text.shown
            problems.append("\(origin(node)): \(key): \(shown) \(error.problem). Right would be: \(error.right).")
            return nil
        }
    }
}

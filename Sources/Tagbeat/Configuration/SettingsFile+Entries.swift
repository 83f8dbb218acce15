import OCI
import RegistryClient
import TagHistory
import Yams

extension SettingsFile {
    mutating func readRegistries(_ node: Node) {
        guard let mapping = node.mapping else {
            if node.scalar?.string.isEmpty != true { complain(node, "registries is not a list of `name: {…}`") }
            return
        }
        for (nameNode, node) in mapping {
            guard let name = nameNode.scalar?.string, let registry = try? Registry(parsing: name) else {
                let name = nameNode.scalar?.string.shown ?? "the key"
                complain(
                    nameNode, "\(name) is not a registry's name; right would be host or host:port, such as docker.io")
                continue
            }
            guard !registries.contains(where: { $0.registry == registry }) else {
                complain(nameNode, "the registry \(registry) stands there twice")
                continue
            }
            registries.append(readRegistry(registry, node))
        }
    }

    private mutating func readRegistry(_ registry: Registry, _ node: Node) -> RegistryEntry {
        let keys = [
            "endpoint", "bulkEndpoint", "vendor", "requestsPerSecond", "username", "password", "passwordFile", "caFile",
            "clientCertificateFile", "clientKeyFile",
        ]
        var entry = RegistryEntry(registry: registry)
        var hasFile = false
        for (key, _, value) in entries(node, known: keys, of: "setting of a registry named") {
            switch key {
            case "endpoint": entry.endpoint = self.value(value, key, SettingValues.webURL)
            case "bulkEndpoint": entry.bulkEndpoint = self.value(value, key, Self.bulkEndpoint) ?? .usual
            case "vendor": entry.vendor = self.value(value, key, SettingValues.choice)
            case "requestsPerSecond": entry.requestsPerSecond = self.value(value, key, SettingValues.rate)
            case "username": entry.username = scalar(value, key)
            case "password": entry.password = scalar(value, key).map(Secret.init) ?? entry.password
            case "passwordFile":
                hasFile = true
                let text = self.value(value, key, SecretFile.read)
                if entry.password == nil { entry.password = text.map(Secret.init) }
            case "clientCertificateFile": entry.clientCertificateFile = scalar(value, key)
            case "clientKeyFile": entry.clientKeyFile = scalar(value, key)
            default: entry.caFile = scalar(value, key)
            }
        }
        if hasFile, node.mapping?["password"] != nil {
            complain(node, "\(registry) has both password and passwordFile; one of them is enough")
        }
        if (entry.username == nil) != (entry.password == nil), node.mapping?["password"] == nil || entry.password != nil
        {
            complain(
                node,
                "\(registry) has a \(entry.username == nil ? "password but no username" : "username but no password")")
        }
        if (entry.clientCertificateFile == nil) != (entry.clientKeyFile == nil) {
            complain(node, "\(registry) needs both clientCertificateFile and clientKeyFile, or neither")
        }
        return entry
    }

    private static func bulkEndpoint(_ text: String) throws(BadValue) -> BulkEndpoint {
        if text.lowercased() == "none" { return .none }
        let url: String
        do {
            url = try SettingValues.webURL(text)
        } catch {
            throw BadValue(error.problem, right: error.right + ", or none", hidesValue: error.hidesValue)
        }
        do {
            return .at(try Endpoint(parsing: url))
        } catch {
            throw BadValue("is not an address on the web", right: "https://host[:port][/path], or none")
        }
    }

    mutating func readRepositories(_ node: Node) {
        guard let sequence = node.sequence else {
            if node.scalar?.string.isEmpty != true { complain(node, "repositories is not a list of `- image: …`") }
            return
        }
        for node in sequence {
            var repository: Repository?
            var selection = TagSelection()
            let before = problems.count
            for (key, _, value) in entries(node, known: ["image", "select"], of: "setting of a repository named") {
                if key == "image" {
                    repository = self.value(value, key, Self.repository)
                } else {
                    selection = readSelect(value)
                }
            }
            if let repository, repositories.contains(where: { $0.repository == repository }) {
                complain(node, "the repository \(repository) stands there twice; give one selection for it")
            } else if let repository {
                repositories.append(RepositoryEntry(repository: repository, selection: selection))
            } else if problems.count == before {
                complain(node, "the repository has no image; write - image: docker.io/library/python")
            }
        }
    }

    private mutating func readSelect(_ node: Node) -> TagSelection {
        var selection = TagSelection()
        for (key, _, value) in entries(node, known: ["semver", "glob", "regex", "exclude", "keep"], of: "selection") {
            do throws(TagSelectionError) {
                switch key {
                case "semver": if let text = scalar(value, key) { selection.range = try VersionRange(parsing: text) }
                case "glob": for text in texts(value, key) { selection.globs.append(try TagPattern(glob: text)) }
                case "regex": if let text = scalar(value, key) { selection.regex = try TagPattern(regex: text) }
                case "exclude": for text in texts(value, key) { selection.excludes.append(try TagPattern(glob: text)) }
                default: selection.keep = self.value(value, key, SettingValues.count)
                }
            } catch {
                // Its last sentence ends with a full stop already.
                let text = error.description
                complain(value, key + ": " + (text.hasSuffix(".") ? String(text.dropLast()) : text))
            }
        }
        return selection
    }

    /// One value or a list of them.
    private mutating func texts(_ node: Node, _ key: String) -> [String] {
        guard let sequence = node.sequence else { return scalar(node, key).map { [$0] } ?? [] }
        return sequence.compactMap { scalar($0, key) }
    }

    private static func repository(_ text: String) throws(BadValue) -> Repository {
        do {
            return try Repository(parsing: text)
        } catch {
            throw BadValue(
                "is not a repository", right: "registry/path without a tag, such as docker.io/library/python")
        }
    }
}

import Yams

/// Finds the images that YAML names: the value of any key `image`, as compose files, Kubernetes manifests, pipelines
/// and charts' values have it.
struct YAMLImages {
    /// So many nodes are looked at in aliases' places: a bomb ends here, and a large file of many has fewer.
    private static let maximumAliased = 10_000
    private static let deepest = 60
    /// What stands under these is a program's own: a variable called image is no image.
    private static let settings: Set<String> = [
        "environment", "env", "labels", "annotations", "args", "variables", "matchLabels", "commonLabels",
    ]

    /// All that GitLab knows of a service.
    private static let serviceKeys: Set<String> = [
        "name", "alias", "entrypoint", "command", "variables", "pull_policy", "docker", "kubernetes",
    ]
    /// Where one of these stands, `container` beside it is the image that the job runs in.
    private static let jobKeys: Set<String> = ["runs-on", "steps"]

    private var anchors: [String: Node] = [:]
    private var aliased = 0
    /// How many aliases the walk is in.
    private var aliases = 0

    /// - Returns: what could not be read.
    static func read(
        _ lines: [PastedLine], into images: inout ImageCollection
    ) throws(PastedTextError) -> String? {
        let text = lines.map { $0.trimmed.hasPrefix("```") ? "" : $0.text }.joined(separator: "\n")
        guard YAMLDepth.holds(lines) else { throw .tooComplex }
        var reader = YAMLImages()
        var roots: [Node] = []
        // Nodes hold their anchors weakly; the parser keeps them.
        var parser: Parser?
        defer { withExtendedLifetime(parser) {} }
        do {
            parser = try Parser(
                yaml: YAMLAliases.hidden(text), resolver: .basic, constructor: .default, encoding: .utf8)
            while let root = try parser?.nextRoot() { roots.append(root) }
        } catch {
            // A template or a part of a file: its lines can still be read one by one.
            lines.forEach { readLine($0, into: &images) }
            return "This could not be read as YAML\(place(of: error)), so its lines were read one by one."
        }
        for root in roots {
            reader.anchors = [:]
            try reader.visit(root, owner: nil, in: nil, depth: 0, into: &images)
        }
        return nil
    }

    private static func place(of error: any Error) -> String {
        switch error {
        case YamlError.scanner(_, _, let mark, _), YamlError.parser(_, _, let mark, _),
            YamlError.composer(_, _, let mark, _):
            " (line \(mark.line))"
        default: ""
        }
    }

    /// - Parameters:
    ///   - owner: what an image here belongs to.
    ///   - key: the key that this node is the value of.
    private mutating func visit(
        _ node: Node, owner: PastedImage.Role?, in key: String?, depth: Int, into images: inout ImageCollection
    ) throws(PastedTextError) {
        if aliases > 0 { aliased += 1 }
        guard aliased <= Self.maximumAliased, depth <= Self.deepest else { throw .tooComplex }
        let node = enter(node)
        defer { if node.isAliased { aliases -= 1 } }
        switch node.target {
        case .mapping(let mapping):
            try visit(mapping, owner: owner, in: key, depth: depth, into: &images)
        case .sequence(let sequence):
            for item in sequence {
                if key == "services", let text = scalar(item) ?? serviceName(item) {
                    add(text, at: item, owner: nil, into: &images)
                } else {
                    try visit(item, owner: owner, in: nil, depth: depth + 1, into: &images)
                }
            }
        case .scalar, .alias: break
        }
        if let anchor = node.target.anchor { anchors[anchor.rawValue] = node.target }
    }

    /// What a node stands for; an alias is left again by whoever entered it.
    private mutating func enter(_ node: Node) -> (target: Node, isAliased: Bool) {
        guard let target = target(of: node) else { return (node, false) }
        aliases += 1
        return (target, true)
    }

    private mutating func visit(
        _ mapping: Node.Mapping, owner: PastedImage.Role?, in key: String?, depth: Int,
        into images: inout ImageCollection
    ) throws(PastedTextError) {
        let name = mapping.lazy.filter { $0.key.scalar?.string == "name" }.compactMap { $0.value.scalar?.string }
            .first { !$0.isEmpty }
        let owner = name.map { .named(YAMLAliases.shown($0)) } ?? owner
        let areSettings = key.map(Self.settings.contains) ?? false
        let isJob = mapping.contains { $0.key.scalar.map { Self.jobKeys.contains($0.string) } ?? false }
        var hasImage = false
        for (keyNode, value) in mapping {
            let name = keyNode.scalar.map { YAMLAliases.shown($0.string) }
            if name == "image", !areSettings {
                hasImage = try image(value, owner: owner, depth: depth, into: &images) || hasImage
            } else if name == "uses", let text = scalar(value),
                text.lowercased().hasPrefix(ImageAddress.docker)
            {
                add(text, at: value, owner: owner, into: &images)
            } else if isJob, name == "container", let text = scalar(value) {
                add(text, at: value, owner: owner, into: &images)
            } else if name == "dockerfile_inline", let scalar = value.scalar {
                inline(scalar, into: &images)
            } else if name != "<<" {
                // What stands under `services`, and templates beside them, is named by its key.
                let isNamed = key == "services" || (depth == 0 && name?.hasPrefix("x-") == true)
                try visit(
                    value, owner: isNamed ? name.map { .service($0) } : owner, in: isNamed ? nil : name,
                    depth: depth + 1, into: &images)
            }
            if let anchor = value.anchor { anchors[anchor.rawValue] = value }
        }
        guard !hasImage, !areSettings else { return }
        for merged in try merges(of: mapping, depth: depth) {
            for (keyNode, value) in merged where keyNode.scalar?.string == "image" {
                _ = try image(value, owner: owner, depth: depth, into: &images)
            }
        }
    }

    /// The value of `image`: a text, or a mapping of its parts.
    private mutating func image(
        _ node: Node, owner: PastedImage.Role?, depth: Int, into images: inout ImageCollection
    ) throws(PastedTextError) -> Bool {
        if let anchor = node.anchor { anchors[anchor.rawValue] = node }
        let target = resolved(node)
        if let text = scalar(target) {
            guard !text.isEmpty, text != "~", text != "null" else { return false }
            add(text, at: node, owner: owner, into: &images)
            return true
        }
        guard case .mapping(let mapping) = target else { return false }
        if let text = ImageParts(mapping.lazy.compactMap(pair)).text {
            add(text, at: node, owner: owner, into: &images)
            return true
        }
        try visit(node, owner: owner, in: "image", depth: depth + 1, into: &images)
        return false
    }

    /// GitLab calls a service's image its name.
    private func serviceName(_ node: Node) -> String? {
        guard case .mapping(let mapping) = resolved(node) else { return nil }
        let pairs = mapping.map { (key: $0.key.scalar?.string ?? "", value: $0.value) }
        guard pairs.allSatisfy({ Self.serviceKeys.contains($0.key) }) else { return nil }
        return pairs.first { $0.key == "name" }.flatMap { scalar($0.value) }
    }

    private func pair(_ key: Node, _ value: Node) -> (String, String)? {
        guard let key = key.scalar?.string, let value = scalar(value) else { return nil }
        return (key, value)
    }

    /// The mappings that `<<` brings in, those that theirs bring in included.
    private mutating func merges(of mapping: Node.Mapping, depth: Int) throws(PastedTextError) -> [Node.Mapping] {
        var found: [Node.Mapping] = []
        var open = [mapping]
        while let next = open.popLast() {
            aliased += 1
            guard aliased <= Self.maximumAliased else { throw .tooComplex }
            for (key, value) in next where key.scalar?.string == "<<" {
                let target = resolved(value)
                let parts: [Node] = if case .sequence(let sequence) = target { Array(sequence) } else { [target] }
                for part in parts {
                    aliased += 1
                    guard case .mapping(let mapping) = resolved(part) else { continue }
                    found.append(mapping)
                    open.append(mapping)
                }
            }
        }
        return found
    }

    /// What an alias stands for; any other node itself.
    private func resolved(_ node: Node) -> Node { target(of: node) ?? node }

    private func target(of node: Node) -> Node? {
        guard case .scalar(let scalar) = node, scalar.style == .plain || scalar.style == .any,
            let name = YAMLAliases.name(scalar.string), let target = anchors[name]
        else { return nil }
        return target
    }

    private func scalar(_ node: Node) -> String? {
        guard case .scalar(let scalar) = node else { return nil }
        if let name = YAMLAliases.name(scalar.string), let target = anchors[name]?.scalar {
            return YAMLAliases.shown(target.string)
        }
        return YAMLAliases.shown(scalar.string)
    }

    private func add(_ text: String, at node: Node, owner: PastedImage.Role?, into images: inout ImageCollection) {
        Self.add(text, line: node.mark?.line ?? 1, role: owner ?? .key, into: &images)
    }

    /// A Dockerfile within a compose file.
    private func inline(_ scalar: Node.Scalar, into images: inout ImageCollection) {
        let isBlock = scalar.style == .literal || scalar.style == .folded
        let start = (scalar.mark?.line ?? 1) + (isBlock ? 1 : 0)
        let lines = YAMLAliases.shown(scalar.string).split(separator: "\n", omittingEmptySubsequences: false)
        DockerfileReader.read(
            lines.enumerated().map { PastedLine(number: start + $0, text: $1) }, into: &images)
    }
}

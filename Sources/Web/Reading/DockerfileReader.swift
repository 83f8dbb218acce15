/// Finds the images that a Dockerfile builds on, copies from and mounts.
struct DockerfileReader {
    private let escape: Character
    /// `ARG` before the first `FROM`, and what a builder says by itself. An image's own arguments come on top.
    private var globals = Self.platform
    private var locals: [String: String] = [:]
    /// What stages set for themselves, by `ARG` or `ENV`: no `FROM` sees it.
    private var stagesOwn: Set<String> = []
    /// In lower case: stage names know no case.
    private var stages: Set<String> = []
    private var stageCount = 0

    /// The platform that most images are built for; the choice only matters where a stage's name holds it.
    private static let platform = [
        "TARGETPLATFORM": "linux/amd64", "TARGETOS": "linux", "TARGETARCH": "amd64", "TARGETVARIANT": "",
        "BUILDPLATFORM": "linux/amd64", "BUILDOS": "linux", "BUILDARCH": "amd64", "BUILDVARIANT": "",
    ]

    private static let keywords: Set<String> = [
        "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER",
        "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
    ]

    /// Whether a line begins an instruction: a keyword in any case with something after it.
    static func isInstruction(_ line: Substring) -> Bool {
        let keyword = line.prefix { !$0.isWhitespace }
        return keyword.utf8.count < line.utf8.count && keywords.contains(keyword.uppercased())
    }

    static func read(_ lines: [PastedLine], into images: inout ImageCollection) {
        let file = DockerfileLines(lines)
        var reader = DockerfileReader(escape: file.escape)
        let names = file.instructions.filter { $0.keyword == "FROM" }.compactMap { From($0.rest)?.stage?.lowercased() }
        for instruction in file.instructions {
            switch instruction.keyword {
            case "ARG": reader.arguments(instruction.rest)
            case "ENV": reader.environment(instruction.rest)
            case "FROM": reader.from(instruction, into: &images)
            case "COPY": reader.copy(instruction, stages: Set(names), into: &images)
            case "RUN": reader.run(instruction, stages: Set(names), into: &images)
            default: break
            }
        }
        if let syntax = file.syntax {
            images.add(syntax.image, line: syntax.line, role: .frontend)
        }
    }

    private init(escape: Character) {
        self.escape = escape
    }

    private func filled(_ text: Substring, _ values: [String: String]) -> VariableText.Filled {
        VariableText(values: values, dialect: .dockerfile(escape: escape)).filled(text)
    }

    private mutating func arguments(_ rest: Substring) {
        for word in ShellWords(rest, escape: escape) {
            guard let equals = word.firstIndex(of: "=") else {
                // An argument without a default brings a global one into the stage.
                let name = String(word)
                if stageCount > 0 { locals[name] = locals[name] ?? globals[name] }
                continue
            }
            let value = filled(word[word.index(after: equals)...], stageCount > 0 ? locals : globals)
            guard !value.isUnreadable, value.missing.isEmpty else { continue }
            if stageCount > 0 {
                locals[String(word[..<equals])] = value.text
                stagesOwn.insert(String(word[..<equals]))
            } else {
                globals[String(word[..<equals])] = value.text
            }
        }
    }

    /// `ENV NAME=value …` and `ENV NAME value`.
    private mutating func environment(_ rest: Substring) {
        let words = Array(ShellWords(rest, escape: escape))
        let isOld = words.first?.contains("=") == false
        for word in isOld ? Array(words.prefix(1)) : words { stagesOwn.insert(String(word.prefix { $0 != "=" })) }
    }

    private mutating func from(_ instruction: DockerfileInstruction, into images: inout ImageCollection) {
        guard let from = From(instruction.rest) else { return }
        let role = PastedImage.Role.base(stage: from.stage)
        let name = filled(from.image, globals)
        if name.isUnreadable {
            images.add(from.image, unreadable: Self.unreadable, line: instruction.line, role: role)
        } else if name.text != "scratch", !stages.contains(name.text.lowercased()) {
            images.add(
                from.image, name: name.text, missing: name.missing, setTooLate: stagesOwn, line: instruction.line,
                role: role)
        }
        stageCount += 1
        locals = Self.platform
        if let stage = from.stage { stages.insert(stage.lowercased()) }
    }

    private func copy(
        _ instruction: DockerfileInstruction, stages: Set<String>, into images: inout ImageCollection
    ) {
        for word in ShellWords(instruction.rest, escape: escape) {
            guard word.hasPrefix("--") else { return }
            guard word.hasPrefix("--from=") else { continue }
            add(word.dropFirst(7), instruction.line, .copied, stages, into: &images)
        }
    }

    private func run(_ instruction: DockerfileInstruction, stages: Set<String>, into images: inout ImageCollection) {
        for word in ShellWords(instruction.rest, escape: escape) {
            guard word.hasPrefix("--") else { return }
            guard word.hasPrefix("--mount=") else { continue }
            for field in word.dropFirst(8).split(separator: ",") {
                let field = field.drop { $0 == "\"" || $0 == "'" }
                guard field.hasPrefix("from=") else { continue }
                add(field.dropFirst(5), instruction.line, .mounted, stages, into: &images)
            }
        }
    }

    /// An image, unless a stage has that name or number.
    private func add(
        _ text: Substring, _ line: Int, _ role: PastedImage.Role, _ stages: Set<String>,
        into images: inout ImageCollection
    ) {
        let name = filled(text, globals.merging(locals) { $1 })
        if name.isUnreadable {
            images.add(text, unreadable: Self.unreadable, line: line, role: role)
            return
        }
        guard name.text != "scratch", !stages.contains(name.text.lowercased()) else { return }
        if let number = Int(name.text), number < stageCount { return }
        images.add(text, name: name.text, missing: name.missing, line: line, role: role)
    }

    static let unreadable = "Its variables are written in a way that is not read here."

    /// `[--platform=…] image [AS name]`
    private struct From {
        let image: Substring
        let stage: String?

        init?(_ rest: Substring) {
            let words = Array(ShellWords(rest).drop { $0.hasPrefix("--") })
            guard let image = words.first else { return nil }
            self.image = image
            stage = words.count >= 3 && words[1].lowercased() == "as" ? String(words[2]) : nil
        }
    }
}

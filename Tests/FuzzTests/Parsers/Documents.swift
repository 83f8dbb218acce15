@testable import OCI

extension FuzzedParser {
    static let documents = [
        json("manifest") { bytes in
            do {
                let manifest = try Manifest(parsing: bytes)
                try require(manifest.platforms.count <= Manifest.maximumEntries, "too many platforms")
                if case .index(let entries, let facts) = manifest {
                    try require(entries.count <= Manifest.maximumEntries, "\(entries.count) entries")
                    try checkFacts(facts)
                    for entry in entries { try checkFacts(entry.facts) }
                }
                if case .image(let image) = manifest { try checkFacts(image.facts) }
                for entry in manifest.platforms {
                    try check(entry.platform)
                    try require(!entry.platform.isUnknown, "an unknown platform")
                }
            } catch let error as ManifestError {
                try requireShowable(error)
            }
        },
        json("imageconfig") { bytes in
            do {
                let config = try ImageConfig(parsing: bytes)
                if let platform = config.platform {
                    try check(platform)
                    try require(!platform.isUnknown, "an unknown platform")
                }
                try require(config.diffIDs.count <= Manifest.maximumEntries, "\(config.diffIDs.count) layers")
                try checkFacts(config.facts)
            } catch let error as ImageConfigError {
                try requireShowable(error)
            }
        },
        json("nesting") { bytes in
            let depth = 32
            let holds = JSONBounds.holds(bytes, depth: depth)
            try require(!holds || JSONBounds.holds(bytes, depth: depth + 1), "deeper is refused")
            // What lies in two more arrays nests two deeper.
            let wrapped = Array("[[".utf8) + bytes + Array("]]".utf8)
            try require(!holds || JSONBounds.holds(wrapped, depth: depth + 2), "two more are refused")
            try require(!holds || !JSONBounds.holds(bytes + Array("[".utf8), depth: 1_000), "an open bracket")
        },
    ]

    /// They are shown as they stand.
    private static func checkFacts(_ facts: ImageFacts) throws {
        for text in [facts.version, facts.revision, facts.baseName].compactMap(\.self) {
            try require(
                (1...255).contains(text.unicodeScalars.count), "a text of \(text.unicodeScalars.count) characters")
            try require(PrintableText.excerpt(text, limit: 300) == text, "a text that acts: \(text)")
        }
        try require(facts.created.map { $0 >= Timestamp(seconds: 31_536_000) } ?? true, "made in 1970")
    }
}

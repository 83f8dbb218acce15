import OCI

@testable import TagHistory

extension FuzzedParser {
    static let selections = [
        FuzzedParser("version", longest: 140) { bytes in
            let tags = bytes.split(separator: 0x0A, maxSplits: 1).compactMap { try? Tag(parsing: text($0)) }
            let versions = tags.compactMap { TagVersion($0) }
            for version in versions {
                try require(
                    version.prefix + version.version + version.suffix == version.tag.name, "the parts of \(version.tag)"
                )
                try require(!version.numbers.isEmpty, "\(version.tag) has no number")
                try require(!(version < version) && !version.isSuperseded(by: version), "\(version.tag) before itself")
            }
            guard versions.count == 2, versions[0].tag != versions[1].tag else { return }
            try require(
                (versions[0] < versions[1]) != (versions[1] < versions[0]),
                "\(versions[0].tag) and \(versions[1].tag) have no order")
        },
        pattern("glob") { try TagPattern(glob: $0) },
        pattern("regex") { try TagPattern(regex: $0) },
        FuzzedParser("versionrange", longest: 1_100) { bytes in
            do {
                let range = try VersionRange(parsing: text(bytes))
                for tag in tags { if let version = TagVersion(tag) { _ = range.contains(version) } }
            } catch let error as TagSelectionError {
                try requireShowable(error)
            }
        },
    ]

    private static let tags = [
        "3.12-slim", "v1.2.3-rc.1", "20240501", "latest", "1.2.3_4", String(repeating: "1.", count: 63),
    ]
    .compactMap { try? Tag(parsing: $0) }

    private static func pattern(
        _ name: String, _ make: @escaping @Sendable (String) throws -> TagPattern
    ) -> FuzzedParser {
        FuzzedParser(name, longest: 1_100) { bytes in
            do {
                let pattern = try make(text(bytes))
                for tag in tags { _ = pattern.matches(tag) }
            } catch let error as TagSelectionError {
                try requireShowable(error)
            }
        }
    }
}

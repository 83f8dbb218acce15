@testable import OCI

extension FuzzedParser {
    static let documents = [
        json("manifest") { bytes in
            do {
                let manifest = try Manifest(parsing: bytes)
                try require(manifest.platforms.count <= Manifest.maximumEntries, "too many platforms")
                for entry in manifest.platforms {
                    try check(entry.platform)
                    try require(!entry.platform.isUnknown, "an unknown platform")
                }
            } catch let error as ManifestError {
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
}

/// What a manifest of an index runs on: `linux/amd64`, `linux/arm/v7`, `windows(10.0.20348)/amd64`.
public struct Platform: Hashable, Sendable {
    public let os: String
    public let architecture: String
    public let variant: String?
    /// Windows only: major, minor and build. The fourth number changes with every patch and names no other platform.
    public let osVersion: String?

    /// Spellings of one platform become one: `arm64` is `arm64/v8`, `arm` is `arm/v7`, `x86_64` is `amd64`.
    /// https://github.com/containerd/platforms/blob/main/database.go
    public init(os: String, architecture: String, variant: String? = nil, osVersion: String? = nil) {
        let name = os.lowercased()
        self.os = name == "macos" ? "darwin" : name
        (self.architecture, self.variant) = Self.normalised(
            architecture.lowercased(), variant?.lowercased() ?? "")
        let numbers = (osVersion ?? "").split(separator: ".").prefix(3).joined(separator: ".")
        self.osVersion = name == "windows" && !numbers.isEmpty ? numbers : nil
    }

    /// `os/architecture` or `os/architecture/variant`, with `windows(10.0.20348)` as an os; nil for anything else.
    public init?(parsing text: some StringProtocol) {
        if let known = Self.known[String(text)] { self = known } else { self.init(reading: text) }
    }

    /// Nearly all of them, of every change that is read.
    private static let known = Dictionary(
        uniqueKeysWithValues: [
            "linux/386", "linux/amd64", "linux/arm/v5", "linux/arm/v6", "linux/arm/v7", "linux/arm64", "linux/arm64/v8",
            "linux/loong64", "linux/mips64le", "linux/ppc64le", "linux/riscv64", "linux/s390x", "unknown/unknown",
        ].compactMap { name in Platform(reading: name).map { (name, $0) } })

    private init?(reading text: some StringProtocol) {
        let bytes = Array(text.utf8.prefix(101))
        let allowed = bytes.allSatisfy { $0.isAlphanumeric || "./_-()".utf8.contains($0) }
        let parts = bytes.split(separator: .slash, omittingEmptySubsequences: false).map(\.text)
        guard allowed, bytes.count <= 100, (2...3).contains(parts.count), !parts.contains("") else { return nil }
        let os = parts[0].split(separator: "(", omittingEmptySubsequences: false)
        guard !os[0].isEmpty, os.count == 1 || (os.count == 2 && os[1].hasSuffix(")")) else { return nil }
        self.init(
            os: String(os[0]), architecture: parts[1], variant: parts.count == 3 ? parts[2] : nil,
            osVersion: os.count == 2 ? String(os[1].dropLast()) : nil)
        // Its other spelling may be the longer one, and has to be read again from where it is stored.
        guard description.utf8.count <= 100 else { return nil }
    }

    /// `unknown/unknown`: an attestation beside the images of an index, not an image.
    public var isUnknown: Bool { os == "unknown" || architecture == "unknown" }

    private static func normalised(_ architecture: String, _ variant: String) -> (String, String?) {
        switch (architecture, variant) {
        case ("aarch64", let variant), ("arm64", let variant):
            ("arm64", variant == "" || variant == "8" || variant == "v8" ? nil : variant)
        case ("x86_64", let variant), ("x86-64", let variant), ("amd64", let variant):
            ("amd64", variant == "" || variant == "v1" ? nil : variant)
        case ("i386", _): ("386", nil)
        case ("armhf", _), ("arm", ""), ("arm", "7"): ("arm", "v7")
        case ("armel", _), ("arm", "6"): ("arm", "v6")
        case ("arm", "5"): ("arm", "v5")
        case ("arm", "8"): ("arm", "v8")
        default: (architecture, variant == "" ? nil : variant)
        }
    }
}

extension Platform: Comparable, CustomStringConvertible {
    public static func < (left: Platform, right: Platform) -> Bool { left.description < right.description }

    public var description: String {
        let system = osVersion.map { "\(os)(\($0))" } ?? os
        return [system, architecture, variant].compactMap(\.self).joined(separator: "/")
    }
}

extension Platform: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = Platform(parsing: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a platform as linux/amd64")
        }
        self = value
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// A platform of an index and the manifest that serves it.
public struct PlatformDigest: Hashable, Sendable, Codable {
    public let platform: Platform
    public let digest: Digest

    public init(platform: Platform, digest: Digest) {
        self.platform = platform
        self.digest = digest
    }
}

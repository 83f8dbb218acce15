import OCI

/// What the name of a private ECR registry says: `ACCOUNT.dkr.ecr.REGION.amazonaws.com`.
/// https://docs.aws.amazon.com/general/latest/gr/ecr.html
struct ECRRegistry: Hashable, Sendable {
    /// Twelve digits; nil: the account of the keys.
    let account: String?
    let region: String
    let isFIPS: Bool
    let isChina: Bool

    /// - Returns: nil for every other name, `public.ecr.aws` among them: the keys are for these alone.
    init?(_ registry: Registry) {
        guard registry.port == nil || registry.port == 443 else { return nil }
        let labels = registry.host.lowercased().split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        let domain = labels.dropFirst(4).joined(separator: ".")
        guard labels.count >= 6, labels[1] == "dkr", ["ecr", "ecr-fips"].contains(labels[2]),
            ["amazonaws.com", "amazonaws.com.cn"].contains(domain),
            labels[0].utf8.count == 12, labels[0].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            Self.isRegion(labels[3])
        else { return nil }
        (account, region) = (labels[0], labels[3])
        isFIPS = labels[2] == "ecr-fips"
        isChina = domain.hasSuffix(".cn")
    }

    /// A registry of another name that the operator says is ECR's, in the region that the environment says.
    init?(namedByOperator settings: CloudSettings) {
        guard let region = settings.variable("AWS_REGION") ?? settings.variable("AWS_DEFAULT_REGION"),
            Self.isRegion(region)
        else { return nil }
        (account, self.region, isFIPS, isChina) = (nil, region, false, region.hasPrefix("cn-"))
    }

    private static func isRegion(_ text: String) -> Bool {
        (1...40).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) || byte == UInt8(ascii: "-")
            }
    }

    /// Where its API answers.
    func place(_ settings: CloudSettings) throws(CheckFailure) -> CloudPlace {
        if let written = try AWSEndpoint.written("ECR", settings) { return written }
        let host = (isFIPS ? "ecr-fips." : "api.ecr.") + region + (isChina ? ".amazonaws.com.cn" : ".amazonaws.com")
        return .wellKnown(host)
    }
}

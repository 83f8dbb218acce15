public import OCI

/// Whose registry it is: what it offers beyond the distribution API, and how it wants to be asked for it.
public enum Vendor: String, Hashable, Sendable, CaseIterable {
    case generic, dockerHub, ghcr, quay, google, ecr, acr, harbor, gitlab, chainguard

    /// The vendor of a registry's public host. Harbor and GitLab run anywhere and are known from the settings only.
    public init(guessing registry: Registry) {
        let host = registry.host.lowercased()
        func isAt(_ domain: String) -> Bool { host == domain || host.hasSuffix("." + domain) }
        self =
            switch host {
            case "docker.io": .dockerHub
            case "ghcr.io": .ghcr
            case "quay.io": .quay
            case "cgr.dev": .chainguard
            case "registry.gitlab.com": .gitlab
            case "public.ecr.aws": .ecr
            // It redirects to Google's registries, whose listings tell digests.
            case "registry.k8s.io": .google
            case _ where isAt("gcr.io") || isAt("pkg.dev"): .google
            case _ where isAt("azurecr.io") || isAt("azurecr.cn") || isAt("azurecr.us"): .acr
            case _ where host.contains(".dkr.ecr.") || host.contains(".dkr.ecr-fips."): .ecr
            default: .generic
            }
    }
}

/// Where a vendor's own API answers.
public enum BulkEndpoint: Hashable, Sendable {
    /// At the vendor's usual place.
    case usual
    /// It is not asked.
    case none
    /// Where the operator says.
    case at(Endpoint)

    /// What the operator wrote; it may be private and speak plain HTTP.
    var written: Endpoint? {
        if case .at(let endpoint) = self { endpoint } else { nil }
    }
}

import OCI

/// What the YAML file says of one registry.
struct RegistryEntry: Sendable, Hashable {
    enum Vendor: String, Sendable, CaseIterable {
        case dockerHub, generic, quay, google, ecr, acr, harbor, gitlab, chainguard
    }

    enum BulkEndpoint: Sendable, Hashable {
        /// The vendor's usual place.
        case usual
        /// `none`: its vendor API is not asked.
        case none
        case url(String)
    }

    /// The name that references bear.
    let registry: Registry
    /// Where its distribution API answers, without a slash at its end; nil: at its name.
    var endpoint: String?
    var bulkEndpoint = BulkEndpoint.usual
    /// Nil: guessed from the host.
    var vendor: Vendor?
    var requestsPerSecond: Double?
    var username: String?
    /// Written there, or read from its `passwordFile`.
    var password: Secret?
    /// A PEM file of further certificate authorities for this registry.
    var caFile: String?

    init(registry: Registry) { self.registry = registry }
}

/// A repository whose tags are followed as they appear.
struct RepositoryEntry: Sendable, Hashable {
    /// Which of its tags; a tag has to satisfy all of what is given.
    struct Select: Sendable, Hashable {
        /// A range such as `>=3.11`, or a prefix such as `3`.
        var semver: String?
        /// Any of these.
        var glob: [String] = []
        var regex: String?
        /// None of these globs.
        var exclude: [String] = []
        /// At most so many, the best first.
        var keep: Int?
    }

    let repository: Repository
    var select = Select()
}

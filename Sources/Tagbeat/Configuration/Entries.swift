import OCI
import RegistryClient
import TagHistory

/// What the YAML file says of one registry.
struct RegistryEntry: Sendable, Hashable {
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
    /// A PEM file of the certificate authorities to trust for this registry, instead of the system's.
    var caFile: String?
    /// PEM files of the certificate to show to this registry, and its key.
    var clientCertificateFile: String?
    var clientKeyFile: String?

    init(registry: Registry) { self.registry = registry }
}

/// A repository whose tags are followed as they appear.
struct RepositoryEntry: Sendable, Hashable {
    let repository: Repository
    var selection = TagSelection()
}

/// A group of images on the first page.
struct PresetEntry: Sendable, Hashable {
    let name: String
    let images: [TagReference]
}

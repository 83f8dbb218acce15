public import OCI

/// What the operator settles about registries.
public struct RegistryConfiguration: Sendable {
    /// Sent as User-Agent, so that a registry's operator knows whom to write to.
    public var userAgent = "tagbeat"
    /// For each host; zero or infinity means no limit.
    public var requestsPerSecond: Double = 10
    /// For each host. More requests than this never run at once.
    public var connectionsPerHost = 16
    public var registries: [Registry: RegistrySettings] = [:]
    public var privateRegistries = PrivateRegistries()
    public var credentials = CredentialStore()
    public var clouds = CloudSettings()
    public var proxies = ProxySettings()
    public var timeouts = Timeouts()
    public var limits = Limits()

    public init() {}

    public struct Timeouts: Hashable, Sendable {
        /// Until a connection stands, its TLS included.
        public var connect: Duration = .seconds(5)
        /// From a request's start to its answer's headers.
        public var header: Duration = .seconds(15)
        /// From a request's start to its answer's last byte.
        public var whole: Duration = .seconds(30)

        public init() {}
    }

    /// Sizes of bodies in bytes. What is larger fails before it is held in memory.
    public struct Limits: Hashable, Sendable {
        public var manifest = Manifest.maximumBytes
        public var token = 64 * 1_024
        public var tagListPage = 4 * 1_024 * 1_024
        /// Pages of one listing.
        public var tagListPages = 2_000
        /// Tags of one listing.
        public var tagListTags = 500_000
        /// A page of a vendor's listing: Docker Hub's hundred tags with all their images stay below a tenth of it.
        public var bulkPage = 4 * 1_024 * 1_024
        /// One answer that lists a whole repository, as Google's does.
        public var bulkWhole = 16 * 1_024 * 1_024
        /// Requests of one listing.
        public var bulkPages = 2_000
        /// Tags of one listing.
        public var bulkTags = 500_000
        /// One answer of a vendor's record of a tag's past.
        public var historyPage = 4 * 1_024 * 1_024
        /// Requests for one tag's past.
        public var historyPages = 100
        /// Digests of one tag's past.
        public var historyEntries = 20_000

        public init() {}
    }
}

/// What the operator settles about one registry; nil means the default.
public struct RegistrySettings: Sendable {
    public var endpoint: Endpoint?
    public var credentials: Credentials?
    /// A PEM file with the certificates to trust instead of the system's.
    public var caFile: String?
    /// What is shown to this registry's endpoint, and to nobody else.
    public var clientCertificate: ClientCertificate?
    public var requestsPerSecond: Double?
    /// Nil: guessed from the host.
    public var vendor: Vendor?
    public var bulkEndpoint = BulkEndpoint.usual

    public init(
        endpoint: Endpoint? = nil, credentials: Credentials? = nil, caFile: String? = nil,
        requestsPerSecond: Double? = nil
    ) {
        self.endpoint = endpoint
        self.credentials = credentials
        self.caFile = caFile
        self.requestsPerSecond = requestsPerSecond
    }
}

/// PEM files of a certificate, with its chain, and of its key.
public struct ClientCertificate: Hashable, Sendable {
    public let certificateFile: String
    public let keyFile: String

    public init(certificateFile: String, keyFile: String) {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
    }
}

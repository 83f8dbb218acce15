public import OCI

/// What an operator decides about the pages and the API.
public struct WebSettings: Sendable {
    /// Whether visitors may have tags tracked; otherwise it takes the admin token.
    public var publicTracking = true
    /// Nil: nobody is the administrator.
    public var adminToken: String?
    /// How many tags may be tracked in all.
    public var maxTracked = 100_000
    /// Where people reach this site, without a slash at the end, for absolute links.
    public var publicURL: String?
    /// Addresses (`10.0.0.1`) and ranges (`10.0.0.0/8`, `fd00::/8`) whose `Forwarded` and `X-Forwarded-For` are believed.
    public var trustedProxies: [String] = []
    /// Groups of images to look at, on the first screen.
    public var presets = Preset.standard
    public var version = "development"
    /// Why the worker would refuse to ask a registry, in words for the visitor who named it; nil where it would not.
    public var refusal: @Sendable (Registry) -> String? = { _ in nil }
    /// How long an answer waits for a check that it asked for.
    public var checkPatience: Duration = .seconds(10)
    /// How long what many ask alike is answered alike, while nothing new is heard of.
    public var answersLast: Duration = .seconds(1)

    public init() {}
}

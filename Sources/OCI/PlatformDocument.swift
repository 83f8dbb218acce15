/// A platform as an index's descriptor and an image's configuration write it.
struct PlatformDocument: Decodable {
    let os: String?
    let architecture: String?
    let variant: String?
    let osVersion: String?

    enum CodingKeys: String, CodingKey {
        case os, architecture, variant
        case osVersion = "os.version"
    }

    /// Read back through the text form, which refuses what could not be stored and shown.
    var platform: Platform? {
        guard let os, let architecture else { return nil }
        let platform = Platform(os: os, architecture: architecture, variant: variant, osVersion: osVersion)
        return Platform(parsing: platform.description)
    }
}

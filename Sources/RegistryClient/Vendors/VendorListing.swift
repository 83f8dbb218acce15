import OCI

/// How one vendor lists a repository's tags with their digests: what to ask for and what an answer says, without I/O.
protocol VendorListing: Sendable {
    /// Path and query of the first request, after the path of the API's endpoint.
    var start: String { get }
    var headers: [(String, String)] { get }
    /// Whether one answer may hold a whole repository.
    var isWhole: Bool { get }

    /// What an answer with status 200 says, and what to ask for next.
    mutating func read(
        _ body: some Collection<UInt8>, _ facts: AnswerFacts
    ) throws(BadVendorAnswer) -> ListingStep

    /// Another first request after the one before was answered with this status; nil where there is none.
    mutating func restart(after status: UInt) -> String?
}

extension VendorListing {
    var headers: [(String, String)] { [("Accept", "application/json")] }
    var isWhole: Bool { false }

    mutating func restart(after status: UInt) -> String? { nil }
}

/// What is known of an answer beside its body.
struct AnswerFacts: Sendable {
    let askedAt: Timestamp
    /// The next page's address in its `Link` header.
    var link: String?
    /// Whether it has a `Link` header at all: one without a next page says that this was the last.
    var hasLinks = false
    /// `X-Total-Count`, where it is more than zero.
    var total: Int?
}

struct ListingStep: Sendable {
    var tags: [ListedTag]
    var next: Next?

    enum Next: Hashable, Sendable {
        /// Of our own making: path and query after the path of the API's endpoint.
        case target(String)
        /// Of the vendor's making: an address that is followed on the same origin only.
        case link(String)
    }
}

/// An answer that is not what the vendor documents. The text is safe to show and follows the host's name.
struct BadVendorAnswer: Error, Hashable {
    let description: String

    static let notAListing = BadVendorAnswer(
        description: "answered with something that is not the list that it documents")
    static let endless = BadVendorAnswer(description: "announces more tags and lists none")
}

extension Timestamp {
    private static let year1971 = Timestamp(seconds: 31_536_000)

    /// A vendor's time if it can be one: a year of 1 or 1970 stands for "not known", and what lies a day ahead was
    /// never a push.
    func asPushTime(askedAt: Timestamp) -> Timestamp? {
        self >= Self.year1971 && self <= askedAt.advanced(bySeconds: 86_400) ? self : nil
    }
}

extension Platform {
    /// As vendors write it; nil for what is no platform of an image, and for what could not be stored and shown.
    init?(os: String?, architecture: String?, variant: String?, osVersion: String?) {
        guard let os, let architecture else { return nil }
        let written = Platform(os: os, architecture: architecture, variant: variant, osVersion: osVersion)
        guard let platform = Platform(parsing: written.description), !platform.isUnknown else { return nil }
        self = platform
    }
}

extension MediaType {
    /// A manifest's or an index's; nil for anything else that a vendor writes there.
    init?(ofManifest text: String?) {
        guard let type = text.flatMap({ MediaType(header: $0) }), type.isIndex || type.isManifest else { return nil }
        self = type
    }
}

extension String {
    /// Fit for one part of a path or one value of a query: everything but letters, digits and `-._~` as `%XX`.
    var percentEncoded: String {
        var result = ""
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let hex = String(byte, radix: 16, uppercase: true)
                result += "%" + (hex.utf8.count == 1 ? "0" : "") + hex
            }
        }
        return result
    }
}

import OCI

/// How one vendor's record of a tag's past is asked for, and what an answer says, without I/O.
protocol VendorHistory: Sendable {
    /// Path and query of the first request, after the path of the API's endpoint.
    var start: String { get }

    /// What an answer with status 200 says, and what to ask for next.
    mutating func read(_ body: some Collection<UInt8>, askedAt: Timestamp) throws(BadVendorAnswer) -> HistoryStep
}

struct HistoryStep: Sendable {
    let past: [PastDigest]
    /// Path and query, after the path of the API's endpoint.
    var next: String?
}

extension BadVendorAnswer {
    static let endlessHistory = BadVendorAnswer(description: "tells the same history again and again")
}

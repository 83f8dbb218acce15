import OCI

/// How many requests a host still allows, as it says itself beside its answers.
///
/// Docker Hub: `ratelimit-limit: 100;w=21600`. Others: `RateLimit-*` and `X-RateLimit-*` with a time at which it begins
/// anew. https://docs.docker.com/docker-hub/usage/pulls/,
/// https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-07
public struct Quota: Hashable, Sendable {
    public let limit: Int
    public let remaining: Int
    /// The time within which `limit` requests are allowed.
    public let window: Duration
    /// When the count begins anew; nil where it rolls, so that what was counted is forgotten after a window.
    public let resetsIn: Duration?

    static let longestWindow: Duration = .seconds(86_400)
    /// Where a host does not say it.
    static let usualWindow: Duration = .seconds(3_600)

    /// - Parameter window: nil where the host does not say it.
    public init?(limit: Int, remaining: Int, window: Duration?, resetsIn: Duration? = nil) {
        guard limit > 0, limit <= Int(Int32.max), remaining >= 0 else { return nil }
        self.limit = limit
        self.remaining = min(remaining, limit)
        let usual = resetsIn.map { max($0, .seconds(1)) } ?? Self.usualWindow
        self.window = min(max(window ?? usual, .seconds(1)), Self.longestWindow)
        self.resetsIn = resetsIn.map { min($0, Self.longestWindow) }
    }

    /// - Parameter header: the first value of a header.
    init?(now: Timestamp, header: (_ name: String) -> String?) {
        for prefix in ["RateLimit-", "X-RateLimit-"] {
            guard let limit = header(prefix + "Limit").flatMap(Self.item),
                let remaining = header(prefix + "Remaining").flatMap(Self.item)
            else { continue }
            let window = limit.window ?? remaining.window
            let reset = header(prefix + "Reset")
            self.init(
                limit: limit.value, remaining: remaining.value, window: window.map { .seconds($0) },
                resetsIn: window == nil ? RetryAfter.parse(moment: reset, now: now) : nil)
            return
        }
        return nil
    }

    /// How long what was said holds.
    var lifetime: Duration { resetsIn ?? window }

    /// The last tenth is never spent on what nobody waits for.
    var isLow: Bool { remaining * 10 <= limit }

    /// `98;w=21600`; of a list the first.
    private static func item(_ text: String) -> (value: Int, window: Int?)? {
        guard text.utf8.count <= 128, let first = text.split(separator: ",").first else { return nil }
        let parts = first.split(separator: ";").map(\.trimmedOfBlanks)
        guard let value = parts.first.flatMap(number) else { return nil }
        let window = parts.dropFirst().first { $0.lowercased().hasPrefix("w=") }
        return (value, window.flatMap { number($0.dropFirst(2)) })
    }

    private static func number(_ text: Substring) -> Int? {
        text.utf8.count <= 10 && text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(text) : nil
    }
}

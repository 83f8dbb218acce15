import NIOCore
import NIOHTTP1
import OCI

extension Quota {
    init?(headers: HTTPHeaders, now: Timestamp) {
        self.init(now: now) { headers.first(name: $0) }
    }
}

extension HTTPAnswer {
    /// How long the host asks to be left alone, in whichever of its ways, and at most as long as it will be: one wrong
    /// number must not put a tag off for years.
    var retryAfter: Duration? { wish.map { min($0, HostBackoff.longestPause[2]) } }

    private var wish: Duration? {
        let now = Timestamp.now()
        if let wish = RetryAfter.parse(header: headers.first(name: "Retry-After"), now: now)
            ?? RetryAfter.parse(moment: headers.first(name: "X-Retry-After"), now: now)
        {
            return wish
        }
        // GitHub answers 403 when an hour's requests are spent.
        if [403, 429].contains(status), headers.first(name: "X-RateLimit-Remaining") == "0",
            let wish = RetryAfter.parse(moment: headers.first(name: "X-RateLimit-Reset"), now: now)
        {
            return wish
        }
        if status == 429, let quota = Quota(headers: headers, now: now), quota.remaining == 0, let wish = quota.resetsIn
        {
            return wish
        }
        return RetryAfter.parse(body: body.readableBytesView)
    }
}

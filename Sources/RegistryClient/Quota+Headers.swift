import NIOCore
import NIOHTTP1
import OCI

extension Quota {
    init?(headers: HTTPHeaders, now: Timestamp) {
        self.init(now: now) { headers.first(name: $0) }
    }
}

extension HTTPAnswer {
    /// How long the host asks to be left alone, in whichever of its ways.
    var retryAfter: Duration? {
        let now = Timestamp.now()
        if let wish = RetryAfter.parse(header: headers.first(name: "Retry-After"), now: now)
            ?? RetryAfter.parse(moment: headers.first(name: "X-Retry-After"), now: now)
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

import OCI

@testable import RegistryClient

extension FuzzedParser {
    static let headers = [
        FuzzedParser("challenge", longest: 10_000) { bytes in
            let headers = bytes.split(separator: 0x0A, maxSplits: 20).map { text($0) }
            let challenges = Challenge.parse(headers)
            try require(challenges.count <= 16, "\(challenges.count) challenges")
            for challenge in challenges { try check(challenge) }
            let printed = challenges.map(printed)
            guard printed.allSatisfy({ $0.utf8.count <= 8_192 }) else { return }
            try require(Challenge.parse(printed) == challenges, "reads as others: \(printed)")
            let joined = printed.joined(separator: ", ")
            guard joined.utf8.count <= 8_192 else { return }
            try require(Challenge.parse([joined]) == challenges, "reads as others in one header: \(joined)")
        },
        FuzzedParser("link", longest: 20_000) { bytes in
            let headers = bytes.split(separator: 0x0A).map { text($0) }
            guard let target = LinkHeader.next(headers) else { return }
            let isFound = headers.contains { $0.utf8.contains(target.utf8) || $0.utf8.count > 16_384 }
            try require(isFound, "a target from nowhere: \(target)")
            try require(!target.utf8.contains(UInt8(ascii: ">")), "a target beyond its end: \(target)")
            guard target.utf8.count < 8_192, target.utf8.allSatisfy({ $0 < 0x80 }) else { return }
            try require(LinkHeader.next(["<\(target)>; rel=\"next\""]) == target, "another target than \(target)")
        },
        FuzzedParser("retryafter", longest: 5_000) { bytes in
            let (text, now) = (text(bytes), Timestamp(seconds: 1_769_904_000))
            let wishes = [
                RetryAfter.parse(header: text, now: now), RetryAfter.parse(moment: text, now: now),
                RetryAfter.parse(body: bytes),
            ]
            for wish in wishes.compactMap(\.self) {
                try require(wish >= .zero && wish <= .seconds(300_000_000_000), "a wish of \(wish)")
                try require(wish.text.utf8.count <= 20, "a wish printed as \(wish.text)")
            }
            if let date = HTTPDate.parse(text) {
                try require(date >= Timestamp(seconds: -62_200_000_000), "a date of \(date)")
            }
        },
        FuzzedParser("ratelimit", longest: 500) { bytes in
            let lines = bytes.split(separator: 0x0A, maxSplits: 2, omittingEmptySubsequences: false).map { text($0) }
            let endings = ["Limit", "Remaining", "Reset"]
            let quota = Quota(now: Timestamp(seconds: 1_769_904_000)) { name in
                endings.firstIndex { name.hasSuffix($0) }.flatMap { $0 < lines.count ? lines[$0] : nil }
            }
            guard let quota else { return }
            try require(quota.limit > 0 && (0...quota.limit).contains(quota.remaining), "\(quota)")
            try require(quota.window >= .seconds(1) && quota.window <= Quota.longestWindow, "\(quota)")
            try require(quota.lifetime >= .zero && quota.lifetime <= Quota.longestWindow, "\(quota)")
            try require(!quota.isLow || quota.remaining * 10 <= quota.limit, "\(quota)")
        },
    ]

    private static func check(_ challenge: Challenge) throws {
        try require(isToken(challenge.scheme), "no scheme: \(challenge.scheme)")
        try require(challenge.scheme == challenge.scheme.lowercased(), "a scheme in upper case: \(challenge.scheme)")
        for name in challenge.parameters.keys {
            try require(isToken(name) && name == name.lowercased(), "a parameter's name: \(name)")
        }
        // A byte that is no UTF-8 becomes three.
        let size = challenge.parameters.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        try require(size <= 3 * 8_192, "parameters of \(size) bytes")
    }

    private static func printed(_ challenge: Challenge) -> String {
        let parameters = challenge.parameters.sorted { $0.key < $1.key }.map { name, value in
            let escaped = value.unicodeScalars.map { "\\\"".unicodeScalars.contains($0) ? "\\\($0)" : "\($0)" }
            return "\(name)=\"\(escaped.joined())\""
        }
        return challenge.scheme + " " + parameters.joined(separator: ",")
    }

    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && !"\"(),/:;<=>?@[\\]{}".utf8.contains($0) }
    }
}

import OCI
import TestSupport
import Testing

@testable import RegistryClient

private typealias Answer = ScriptedRegistry.Answer
private typealias Request = ScriptedRegistry.Request

@Suite struct VendorHistoryTests {
    private static let now = Int64(Timestamp.now().secondsSinceEpoch)

    /// `count` digests of the tag `1`, a day each, the newest of which it bears now.
    private static func quay(_ request: Request, count: Int) -> Answer {
        let page = VendorFakes.page(request)
        guard request.line == "GET /api/v1/repository/p/a/tag/", VendorFakes.value("specificTag", in: request) == "1",
            VendorFakes.value("onlyActiveTags", in: request) == "false"
        else { return Answer(404) }
        let rows = ((page - 1) * 100..<min(page * 100, count)).map { age in
            let start = now - Int64(age + 1) * 86_400
            let end = age == 0 ? "" : ",\"end_ts\":\(start + 86_400)"
            return "{\"name\":\"1\",\"start_ts\":\(start)\(end),\"manifest_digest\":\"\(VendorFakes.digest(age))\"}"
        }
        return Answer(
            200, [("Content-Type", "text/plain")],
            .text("{\"tags\":[\(rows.joined(separator: ","))],\"has_additional\":\(page * 100 < count)}"))
    }

    /// `count` digests of the tag `1`, a minute each, oldest first, a thousand at a time, `start` included.
    private static func chainguard(_ request: Request, count: Int, capitalised: Bool = false, heedsStart: Bool = true)
        -> Answer
    {
        guard request.line == "GET /v2/p/a/_chainguard/history/1" else { return Answer(404) }
        let first = VendorFakes.value("start", in: request)?.replacing("%3A", with: ":")
        let keys = capitalised ? ("History", "UpdateTimestamp", "Digest") : ("history", "updateTimestamp", "digest")
        let rows = (0..<count).compactMap { number -> String? in
            let time = Timestamp(seconds: now - 10_000_000 + Int64(number) * 60).description
            guard !heedsStart || time >= first ?? "" else { return nil }
            return "{\"\(keys.1)\":\"\(time)\",\"\(keys.2)\":\"\(VendorFakes.digest(number))\"}"
        }
        return Answer(200, [], .text("{\"\(keys.0)\":[\(rows.prefix(1_000).joined(separator: ","))]}"))
    }

    private func history(
        _ vendor: Vendor, since: Timestamp? = nil, _ answer: @escaping @Sendable (Request) -> Answer,
        most: Int = 100
    ) async throws -> [PastDigest]? {
        try await withVendor(vendor, answer) {
            $0.limits.historyPages = 20
            $0.limits.historyPage = 1_000_000
            $0.limits.historyEntries = 5_000
        } _: { service, repository, fake in
            let reference = TagReference(repository: repository, tag: try Tag(parsing: "1"))
            let history = try await service.history(of: reference, since: since)
            #expect(fake.requests.count <= most)
            return history
        }
    }

    @Test func quaysRecordIsTakenInFull() async throws {
        let past = try #require(try await history(.quay, { Self.quay($0, count: 250) }, most: 3))
        #expect(past.map(\.digest?.description) == (0..<250).reversed().map { VendorFakes.digest($0) })
        #expect(past.last?.until == nil)
        #expect(past.first?.from == Timestamp(seconds: Self.now - 250 * 86_400))
        for (earlier, later) in zip(past, past.dropFirst()) { #expect(earlier.until == later.from) }
    }

    @Test func whatEndedEarlierIsNotAskedFor() async throws {
        let since = Timestamp(seconds: Self.now - 86_400 * 20)
        let past = try #require(try await history(.quay, since: since, { Self.quay($0, count: 250) }, most: 1))
        #expect((20...21).contains(past.count))
    }

    @Test(arguments: [(0, 1), (1, 1), (999, 1), (1_000, 2), (2_500, 3), (3_001, 4)])
    func chainguardsRecordIsTakenInFull(_ count: Int, _ most: Int) async throws {
        let past = try #require(try await history(.chainguard, { Self.chainguard($0, count: count) }, most: most))
        #expect(past.map(\.digest?.description) == (0..<count).map { VendorFakes.digest($0) })
    }

    @Test func capitalisedKeysAreRead() async throws {
        let past = try await history(.chainguard) { Self.chainguard($0, count: 3, capitalised: true) }
        #expect(past?.count == 3)
    }

    @Test func chainguardsTokensAreShown() async throws {
        let past = try await history(.chainguard) { request in
            if request.target.hasPrefix("/token") { return Answer(200, [], .text("{\"token\":\"t\"}")) }
            guard request.header("Authorization") == "Bearer t" else {
                let realm = "http://\(request.header("Host") ?? "")/token"
                return Answer(401, [("WWW-Authenticate", "Bearer realm=\"\(realm)\"")])
            }
            return Self.chainguard(request, count: 2)
        }
        #expect(past?.count == 2)
    }

    @Test func oddRowsAreLeftOut() async throws {
        let quay = """
            {"tags":[{"name":"1","start_ts":0,"manifest_digest":"\(digestA)"},
            {"name":"1","start_ts":"1769860800","end_ts":1,"manifest_digest":"\(digestA)"},
            {"name":"2","start_ts":1769860800,"manifest_digest":"\(digestB)"},
            {"name":"1","start_ts":1769860800,"manifest_digest":"sha256:x"},{"name":"1"},7,null,
            {"name":"1","start_ts":99999999999,"manifest_digest":"\(digestA)"}]}
            """
        let past = try await history(.quay) { _ in Answer(200, [], .text(quay)) }
        let from = Timestamp(seconds: 1_769_860_800)
        // What cannot be read as a digest still says that the tag was there.
        let expected = [
            PastDigest(digest: try Digest(parsing: digestA), from: from), PastDigest(digest: nil, from: from),
        ]
        #expect(Set(try #require(past)) == Set(expected))
    }

    @Test(arguments: [
        (Vendor.quay, 401), (.quay, 403), (.chainguard, 403), (.chainguard, 404), (.dockerHub, 200), (.generic, 200),
    ]) func someTellNothing(_ vendor: Vendor, _ status: Int) async throws {
        #expect(try await history(vendor) { _ in Answer(status) } == nil)
    }

    struct Broken: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let vendor: Vendor
        let code: CheckFailure.Code
        let answer: @Sendable (ScriptedRegistry.Request) -> ScriptedRegistry.Answer

        init(
            _ text: String, _ vendor: Vendor, _ code: CheckFailure.Code,
            _ answer: @escaping @Sendable (ScriptedRegistry.Request) -> ScriptedRegistry.Answer
        ) {
            (testDescription, self.vendor, self.code, self.answer) = ("\(vendor): \(text)", vendor, code, answer)
        }
    }

    private static let deep = String(repeating: "{\"a\":", count: 10_000) + "1" + String(repeating: "}", count: 10_000)

    static let broken: [Broken] = [
        Broken("404", .quay, .notFound) { _ in Answer(404) },
        Broken("401 without a challenge", .chainguard, .unauthorized) { _ in Answer(401) },
        Broken("500 half way", .quay, .serverError) {
            VendorFakes.page($0) == 1 ? quay($0, count: 250) : Answer(500)
        },
        Broken("429", .chainguard, .rateLimited) { _ in Answer(429, [("Retry-After", "9")]) },
        Broken("garbage half way", .quay, .badAnswer) {
            VendorFakes.page($0) == 1 ? quay($0, count: 250) : Answer(200, [], .text("{\"tags\":[{"))
        },
        Broken("nested deeply", .quay, .badAnswer) { _ in Answer(200, [], .text(deep)) },
        Broken("nested deeply", .chainguard, .badAnswer) { _ in Answer(200, [], .text(deep)) },
        Broken("no history", .chainguard, .badAnswer) { _ in Answer(200, [], .text("{}")) },
        Broken("start is not heeded", .chainguard, .badAnswer) {
            chainguard($0, count: 1_000, heedsStart: false)
        },
        Broken("more of nothing", .quay, .badAnswer) { _ in
            Answer(200, [], .text("{\"tags\":[],\"has_additional\":true}"))
        },
        Broken("without end", .quay, .tooLarge) { quay($0, count: 1_000_000) },
        Broken("too large", .chainguard, .tooLarge) { _ in
            Answer(200, [], .chunks(String(repeating: " ", count: 65_536), every: .zero, count: nil))
        },
    ]

    @Test(arguments: broken) func aRecordThatBreaksOffIsAFailure(_ row: Broken) async throws {
        do {
            let past = try await history(row.vendor, row.answer)
            Issue.record("\(past?.count ?? -1) digests")
        } catch {
            #expect((error as? CheckFailure)?.code == row.code, "\(error)")
        }
    }
}

import OCI
import TestSupport
import Testing

@testable import RegistryClient

private typealias Answer = ScriptedRegistry.Answer
private typealias Request = ScriptedRegistry.Request

/// Listings as a whole, over HTTP.
@Suite struct ListingTests {
    struct Cost: Sendable, CustomTestStringConvertible {
        let vendor: Vendor
        var path = "p/a"
        let most: Int
        let answer: @Sendable (ScriptedRegistry.Request) -> ScriptedRegistry.Answer

        var testDescription: String { vendor.rawValue }
    }

    static let costs: [Cost] = [
        Cost(vendor: .dockerHub, most: 11) { VendorFakes.dockerHub($0, tags: 1_000) },
        Cost(vendor: .quay, most: 10) { VendorFakes.quay($0, tags: 1_000) },
        Cost(vendor: .google, most: 1) { VendorFakes.google($0, tags: 1_000) },
        // The challenge and its token, and after a full page the one that says that it was the last.
        Cost(vendor: .acr, most: 4) { VendorFakes.acr($0, tags: 1_000) },
        Cost(vendor: .harbor, path: "p/a/b", most: 10) { VendorFakes.harbor($0, tags: 1_000) },
        Cost(vendor: .harbor, path: "p/a/b", most: 11) { VendorFakes.harbor($0, tags: 1_000, sendsTotal: false) },
    ]

    @Test(arguments: costs) func aThousandTagsCostFewRequests(_ row: Cost) async throws {
        let start = Timestamp.now()
        try await withVendor(row.vendor, row.answer, repository: row.path) { service, repository, fake in
            let offered = await service.bulkSource(of: repository)
            let source = try #require(offered)
            #expect(source.vendor == row.vendor)
            #expect(source.tagsPerRequest >= 50)
            #expect(source.requestsLastTime == nil)
            #expect(source.pausedFor == .zero)
            let whole = try await service.whole(repository)
            #expect(fake.requests.count <= row.most)
            if row.vendor != .acr { #expect(fake.requests.allSatisfy { $0.header("Authorization") == nil }) }
            #expect(Set(whole.tags.map(\.tag.name)) == Set((0..<1_000).map { "t\($0)" }))
            for tag in whole.tags {
                let number = try #require(Int(tag.tag.name.dropFirst()))
                #expect(tag.digest?.description == VendorFakes.digest(number))
            }
            #expect(whole.tags.allSatisfy { $0.pushedAt != nil && ($0.pushedAt ?? start) < start })
            // Without challenges and tokens.
            let cost = fake.requests.filter { !$0.target.hasPrefix("/oauth2") }.count - (row.vendor == .acr ? 1 : 0)
            #expect(await service.bulkSource(of: repository)?.requestsLastTime == cost)
            let counts = service.takeRequestCounts()
            #expect(counts.allSatisfy { $0.registry == repository.registry })
            #expect(counts.map(\.count).reduce(0, +) == fake.requests.count)
            #expect(Set(counts.map(\.purpose)) == (row.vendor == .acr ? [.bulk, .token] : [.bulk]))
        }
    }

    @Test func whatALeftListingCostIsKnown() async throws {
        try await withVendor(.dockerHub, { VendorFakes.dockerHub($0, tags: 1_000) }) { service, repository, fake in
            var pages = 0
            for try await _ in service.listing(of: repository) {
                pages += 1
                if pages == 4 { break }
            }
            #expect(await service.bulkSource(of: repository)?.requestsLastTime == 4)
            _ = try await service.whole(repository)
            #expect(await service.bulkSource(of: repository)?.requestsLastTime == 10)
        }
    }

    @Test func pagesAreAskedForOnlyAsTheyAreRead() async throws {
        try await withVendor(.dockerHub, { VendorFakes.dockerHub($0, tags: 1_000) }) { service, repository, fake in
            for try await page in service.listing(of: repository) {
                #expect(page.tags.count == 100)
                #expect(page.askedAt <= .now())
                break
            }
            #expect(fake.requests.count == 1)
        }
    }

    @Test func oneLargeAnswerIsHandedOnInPages() async throws {
        try await withVendor(.google, { VendorFakes.google($0, tags: 2_500) }) { service, repository, fake in
            var sizes = [Int]()
            for try await page in service.listing(of: repository) { sizes.append(page.tags.count) }
            #expect(sizes == [1_000, 1_000, 500])
            #expect(fake.requests.count == 1)
        }
    }

    struct Broken: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let vendor: Vendor
        let code: CheckFailure.Code
        /// Whether the listing is offered again at once.
        let isOffered: Bool
        let answer: @Sendable (ScriptedRegistry.Request) -> ScriptedRegistry.Answer

        init(
            _ text: String, _ vendor: Vendor, _ code: CheckFailure.Code, isOffered: Bool = false,
            _ answer: @escaping @Sendable (ScriptedRegistry.Request) -> ScriptedRegistry.Answer
        ) {
            (testDescription, self.vendor, self.code, self.isOffered, self.answer) = (
                "\(vendor): \(text)", vendor, code, isOffered, answer
            )
        }
    }

    /// The first page is as it should be, the second is not.
    private static func second(_ answer: Answer) -> @Sendable (Request) -> Answer {
        { VendorFakes.page($0) == 1 ? VendorFakes.dockerHub($0, tags: 1_000) : answer }
    }

    private static func hub(next: String) -> @Sendable (Request) -> Answer {
        { _ in Answer(200, [], .text("{\"results\":[{\"name\":\"1\"}],\"next\":\(next)}")) }
    }

    private static let deep = String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000)

    static let broken: [Broken] = [
        Broken("401", .dockerHub, .unauthorized) { _ in Answer(401) },
        Broken("401", .quay, .unauthorized) { _ in Answer(401, [("WWW-Authenticate", "Bearer realm=\"x\"")]) },
        Broken("404", .quay, .notFound) { _ in Answer(404) },
        Broken("404", .google, .notFound) { _ in Answer(404) },
        Broken("429", .dockerHub, .rateLimited, isOffered: true) { _ in Answer(429) },
        Broken("500 half way", .dockerHub, .serverError, second(Answer(500))),
        Broken("404 half way", .dockerHub, .notFound, second(Answer(404))),
        Broken("garbage half way", .dockerHub, .badAnswer, second(Answer(200, [], .text("<html>")))),
        Broken("cut half way", .dockerHub, .badAnswer, second(Answer(200, [], .text("{\"results\":[{\"name\":\"1\"")))),
        Broken(
            "stalls half way", .dockerHub, .timeout,
            second(
                Answer(200, [("Content-Length", "100")], .chunks("{", every: .zero, count: 1)))
        ),
        Broken("nested deeply", .dockerHub, .badAnswer) { _ in Answer(200, [], .text("{\"results\":\(deep)}")) },
        Broken("nested deeply", .quay, .badAnswer) { _ in Answer(200, [], .text("{\"tags\":\(deep)}")) },
        Broken("nested deeply", .google, .badAnswer) { _ in Answer(200, [], .text("{\"manifest\":\(deep)}")) },
        Broken("another shape", .dockerHub, .badAnswer) { _ in Answer(200, [], .text("[]")) },
        Broken("another shape", .quay, .badAnswer) { _ in Answer(200, [], .text("{\"tags\":{}}")) },
        Broken("another shape", .google, .badAnswer) { _ in Answer(200, [], .text("{\"a\":1}")) },
        Broken("empty", .quay, .badAnswer) { _ in Answer(200) },
        Broken("next on another host", .dockerHub, .badAnswer, hub(next: "\"https://evil.example/v2/\"")),
        Broken("next on another port", .dockerHub, .badAnswer, hub(next: "\"http://127.0.0.1:1/v2/\"")),
        Broken("next with a user", .dockerHub, .badAnswer, hub(next: "\"http://u:p@127.0.0.1/v2/\"")),
        Broken("next on a private address", .dockerHub, .badAnswer, hub(next: "\"http://169.254.169.254/\"")),
        Broken("next is a number", .dockerHub, .badAnswer, hub(next: "2")),
        Broken("next is itself", .dockerHub, .badAnswer) { hub(next: "\"\($0.target)\"")($0) },
        Broken("next of nothing", .dockerHub, .badAnswer) { _ in
            Answer(200, [], .text("{\"results\":[],\"next\":\"/x?page=2\"}"))
        },
        Broken("more of nothing", .quay, .badAnswer) { _ in
            Answer(200, [], .text("{\"tags\":[],\"has_additional\":true}"))
        },
        Broken("pages without end", .dockerHub, .tooLarge) { hub(next: "\"\($0.target)1\"")($0) },
        Broken("pages without end", .quay, .tooLarge) { _ in
            Answer(200, [], .text("{\"tags\":[{\"name\":\"1\"}],\"has_additional\":true}"))
        },
        Broken("more tags than the limit", .dockerHub, .tooLarge) { VendorFakes.dockerHub($0, tags: 1_000_000) },
        Broken("a body over the limit", .google, .tooLarge) { VendorFakes.google($0, tags: 10_000) },
        Broken("a body without end", .quay, .tooLarge) { _ in
            Answer(200, [], .chunks(String(repeating: " ", count: 65_536), every: .zero, count: nil))
        },
        Broken("a redirect to plain HTTP elsewhere", .dockerHub, .forbiddenAddress) { _ in
            Answer(302, [("Location", "http://169.254.169.254/latest/meta-data")])
        },
        Broken("a redirect to nowhere", .quay, .redirect) { _ in Answer(302) },
    ]

    @Test(arguments: broken) func aListingThatBreaksOffIsAFailure(_ row: Broken) async throws {
        try await withVendor(row.vendor, row.answer) {
            $0.timeouts.whole = .seconds(3)
            $0.limits.bulkPages = 30
            $0.limits.bulkTags = 2_000
            $0.limits.bulkPage = 1_000_000
        } _: { service, repository, fake in
            let error = await service.failure(repository)
            #expect(error?.code == row.code, "\(error?.detail ?? "none")")
            #expect(error?.detail.contains("//") == false, "\(error?.detail ?? "none")")
            #expect(fake.requests.count <= 30)
            #expect((await service.bulkSource(of: repository) != nil) == row.isOffered)
        }
    }

    @Test func whatWasAskedInVainIsOfferedAgainLater() async throws {
        let time = ManualTime()
        let isPrivate = Box(true)
        try await withVendor(
            .quay,
            { request in
                isPrivate.withLock { $0 } ? Answer(401) : VendorFakes.quay(request, tags: 3)
            }, time: time.source
        ) { service, repository, _ in
            await #expect(throws: CheckFailure.self) { _ = try await service.whole(repository) }
            #expect(await service.bulkSource(of: repository) == nil)
            let other = try Repository(registry: repository.registry, path: "p/b")
            #expect(await service.bulkSource(of: other) != nil)
            time.advance(.seconds(21_601))
            isPrivate.withLock { $0 = false }
            #expect(await service.bulkSource(of: repository) != nil)
            let whole = try await service.whole(repository)
            #expect(whole.tags.count == 3)
        }
    }

    /// A unix time in X-Retry-After, on the API's host and not on the registry's.
    @Test func theApisWishForPatienceIsHeard() async throws {
        let until = Int(Timestamp.now().secondsSinceEpoch) + 90
        let registry = try await ScriptedRegistry { _ in Answer(200, [("Docker-Content-Digest", digestA)]) }
        try await withVendor(.dockerHub, { _ in Answer(429, [("X-Retry-After", "\(until)")]) }) {
            $0.registries[try Registry(parsing: "registry.test")]?.endpoint = try Endpoint(
                parsing: "http://\(registry.name)")
        } _: { service, repository, fake in
            let error = await service.failure(repository)
            #expect(error?.code == .rateLimited)
            #expect(error?.retryAfter ?? .zero > .seconds(80))
            let offered = await service.bulkSource(of: repository)
            let source = try #require(offered)
            #expect(source.pausedFor > .seconds(80) && source.pausedFor < .seconds(95))
            let next = await service.failure(repository)
            #expect(next?.code == .hostPaused)
            #expect(fake.requests.count == 1)
            #expect(service.availability(of: repository.registry) == .zero)
            try await service.expect("registry.test/p/a:1", .found(digestA))
        }
    }

    @Test func aListingWithoutDigestsIsNotOfferedAgain() async throws {
        try await withVendor(.google, { _ in Answer(200, [], .text("{\"name\":\"a\",\"tags\":[\"1\",\"2\"]}")) }) {
            service, repository, _ in
            let whole = try await service.whole(repository)
            #expect(whole.tags == [ListedTag(tag: try Tag(parsing: "1")), ListedTag(tag: try Tag(parsing: "2"))])
            #expect(await service.bulkSource(of: repository) == nil)
        }
    }

    @Test(arguments: [Vendor.generic, .gitlab, .chainguard, .ecr]) func someHaveNone(_ vendor: Vendor) async throws {
        try await withVendor(vendor, { _ in Answer(200) }) { service, repository, fake in
            #expect(await service.bulkSource(of: repository) == nil)
            let error = await service.failure(repository)
            #expect(error?.code == .configuration)
            #expect(fake.requests.isEmpty)
        }
    }

    @Test func whereTheSettingsSayNoneItIsNotAsked() async throws {
        try await withVendor(.quay, { VendorFakes.quay($0, tags: 3) }) {
            $0.registries[try Registry(parsing: "registry.test")]?.bulkEndpoint = .none
        } _: { service, repository, _ in
            #expect(await service.bulkSource(of: repository) == nil)
        }
    }

    @Test func theUsualPlaces() async throws {
        let fake = try Endpoint(parsing: "https://mirror.example")
        try await withService {
            let mirrored = try Registry(parsing: "docker.mirrored.example")
            $0.registries[mirrored] = RegistrySettings(endpoint: fake)
            $0.registries[mirrored]?.vendor = .dockerHub
        } _: { service in
            let table: [String: String?] = [
                "python": "hub.docker.com", "docker.io/a/b/c": nil, "quay.io/a/b": "quay.io",
                "europe-docker.pkg.dev/p/r/a": "europe-docker.pkg.dev", "registry.k8s.io/pause": "registry.k8s.io",
                "mcr.microsoft.com/dotnet/sdk": nil,
                // What Docker Hub says is not what a mirror of it has.
                "docker.mirrored.example/a/b": nil,
            ]
            for (name, host) in table {
                let source = await service.bulkSource(of: try Repository(parsing: name))
                #expect(source?.host == host, "\(name)")
            }
        }
    }
}

import OCI
import TestSupport
import Testing

@testable import RegistryClient

/// Answers as the vendors give them, for repositories with tags `t0`, `t1` and so on.
enum VendorFakes {
    typealias Answer = ScriptedRegistry.Answer
    typealias Request = ScriptedRegistry.Request

    /// A digest that stands for a number.
    static func digest(_ number: Int) -> String {
        let hex = String(number, radix: 16)
        return "sha256:" + String(repeating: "0", count: 64 - hex.count) + hex
    }

    /// A query's value.
    static func value(_ name: String, in request: Request) -> String? {
        request.target.split(separator: "?").last?.split(separator: "&").first { $0.hasPrefix(name + "=") }
            .map { String($0.dropFirst(name.count + 1)) }
    }

    static func page(_ request: Request) -> Int { value("page", in: request).flatMap(Int.init) ?? 1 }

    /// Docker Hub's own API, with `next` in full.
    static func dockerHub(_ request: Request, tags count: Int) -> Answer {
        let size = value("page_size", in: request).flatMap(Int.init) ?? 10
        let path = request.target.prefix { $0 != "?" }
        guard path.hasPrefix("/v2/namespaces/"), path.hasSuffix("/tags"), size <= 100 else { return Answer(404) }
        let page = page(request)
        let rows = numbers(page, size, count).map { number in
            """
            {"creator":1,"id":\(number),"images":[{"architecture":"amd64","features":"","variant":null,\
            "digest":"\(digest(number + 1_000_000))","os":"linux","os_features":"","os_version":null,"size":3,\
            "status":"active","last_pulled":null,"last_pushed":"2026-01-31T12:00:00Z"}],\
            "last_updated":"2026-01-31T12:00:00.123456Z","name":"t\(number)","repository":1,"full_size":3,"v2":true,\
            "tag_status":"active","tag_last_pulled":null,"tag_last_pushed":"2026-01-31T12:00:00.123456Z",\
            "media_type":"application/vnd.oci.image.index.v1+json","content_type":"image","digest":"\(digest(number))"}
            """
        }
        let host = request.header("Host") ?? ""
        let next = page * size < count ? "\"http://\(host)\(path)?page=\(page + 1)&page_size=\(size)\"" : "null"
        return Answer(
            200, [],
            .text(
                "{\"count\":\(count),\"next\":\(next),\"previous\":null,\"results\":[\(rows.joined(separator: ","))]}"))
    }

    /// Quay's own API.
    static func quay(_ request: Request, tags count: Int) -> Answer {
        let (size, page) = (value("limit", in: request).flatMap(Int.init) ?? 50, page(request))
        guard request.target.hasPrefix("/api/v1/repository/"), size <= 100,
            value("onlyActiveTags", in: request) == "true"
        else { return Answer(404) }
        let rows = numbers(page, size, count).map { number in
            """
            {"name":"t\(number)","reversion":false,"start_ts":1769860800,"manifest_digest":"\(digest(number))",\
            "is_manifest_list":true,"size":null,"last_modified":"Sat, 31 Jan 2026 12:00:00 -0000"}
            """
        }
        return Answer(
            200, [],
            .text(
                "{\"tags\":[\(rows.joined(separator: ","))],\"page\":\(page),\"has_additional\":\(page * size < count)}"
            ))
    }

    /// Google's `tags/list`.
    static func google(_ request: Request, tags count: Int) -> Answer {
        guard request.target.hasPrefix("/v2/"), request.line.hasSuffix("/tags/list") else { return Answer(404) }
        let rows = (0..<count).map { number in
            """
            "\(digest(number))":{"imageSizeBytes":"123","layerId":"","tag":["t\(number)"],\
            "mediaType":"application/vnd.docker.distribution.manifest.v2+json","timeCreatedMs":"0",\
            "timeUploadedMs":"1769860800123"}
            """
        }
        let names = (0..<count).map { "\"t\($0)\"" }
        return Answer(
            200, [],
            .text(
                "{\"child\":[],\"manifest\":{\(rows.joined(separator: ","))},\"name\":\"p/a\",\"tags\":[\(names.joined(separator: ","))]}"
            ))
    }
}

extension VendorFakes {
    /// A page of rows, and whether another follows.
    private static func rows(
        _ request: Request, _ size: Int, _ count: Int, _ row: (Int) -> String
    ) -> (text: String, isLast: Bool) {
        let numbers = numbers(page(request), size, count)
        return (numbers.map(row).joined(separator: ","), numbers.upperBound >= count)
    }

    /// What stands on a page, from 1 on: nothing after the last one.
    private static func numbers(_ page: Int, _ size: Int, _ count: Int) -> Range<Int> {
        let first = min(max(0, page - 1) * size, count)
        return first..<min(first + size, count)
    }

    /// GitHub's versions of a container package: five manifests for one tag, as builds for two platforms leave them.
    static func gitHub(_ request: Request, owners: String, tags count: Int, sendsLinks: Bool = true) -> Answer {
        guard request.header("Authorization") == "Bearer ghp_1" else { return Answer(401) }
        guard request.target.hasPrefix("/\(owners)/p/packages/container/a%2Fb/versions?per_page=100") else {
            return Answer(404, [], .text("{\"message\":\"Package not found.\"}"))
        }
        let (text, isLast) = rows(request, 100, count * 5) { number in
            """
            {"id":\(number),"name":"\(digest(number))","url":"https://api.github.com/x","created_at":"2026-01-30T12:00:00Z",\
            "updated_at":"2026-01-31T12:00:00Z","metadata":{"package_type":"container",\
            "container":{"tags":[\(number % 5 == 0 ? "\"t\(number / 5)\"" : "")]}}}
            """
        }
        let base = "http://\(request.header("Host") ?? "")\(request.target.prefix { $0 != "?" })?per_page=100"
        let link = "<\(base)&page=\(page(request) + 1)>; rel=\"next\", <\(base)&page=9>; rel=\"last\""
        let first = "<\(base)&page=1>; rel=\"first\""
        return Answer(200, sendsLinks ? [("Link", isLast ? first : link)] : [], .text("[\(text)]"))
    }

    /// ACR's own API behind its challenge; pages by `last`, in the order of the tags' names.
    static func acr(_ request: Request, tags count: Int, sendsLinks: Bool = true) -> Answer {
        let host = request.header("Host") ?? ""
        let scope = "repository:p/a:metadata_read"
        if request.target.hasPrefix("/oauth2/token") {
            guard request.target.contains(scope) else { return Answer(400) }
            return Answer(200, [], .text("{\"access_token\":\"meta\"}"))
        }
        guard request.line == "GET /acr/v1/p/a/_tags" else { return Answer(404) }
        guard request.header("Authorization") == "Bearer meta" else {
            let challenge = "Bearer realm=\"http://\(host)/oauth2/token\",service=\"\(host)\",scope=\"\(scope)\""
            return Answer(401, [("Www-Authenticate", challenge)])
        }
        let size = value("n", in: request).flatMap(Int.init) ?? 100
        guard size <= 1_000 else { return Answer(400) }
        let names = (0..<count).map { "t\($0)" }.sorted().filter { $0 > value("last", in: request) ?? "" }
        let rows = names.prefix(size).map { name in
            """
            {"name":"\(name)","digest":"\(digest(Int(name.dropFirst()) ?? 0))",\
            "createdTime":"2026-01-30T12:00:00.1234567Z","lastUpdateTime":"2026-01-31T12:00:00.1234567Z",\
            "signed":false,"changeableAttributes":{"deleteEnabled":true}}
            """
        }
        let next = "</acr/v1/p/a/_tags?last=\(names.prefix(size).last ?? "")&n=\(size)>; rel=\"next\""
        return Answer(
            200, sendsLinks && names.count > size ? [("Link", next)] : [],
            .text("{\"registry\":\"\(host)\",\"imageName\":\"p/a\",\"tags\":[\(rows.joined(separator: ","))]}"))
    }

    /// Harbor's own API.
    static func harbor(_ request: Request, tags count: Int, sendsTotal: Bool = true) -> Answer {
        guard
            request.target.hasPrefix("/api/v2.0/projects/p/repositories/a%252Fb/artifacts?with_tag=true&page_size=100&")
        else { return Answer(404) }
        let (text, _) = rows(request, 100, count) { number in
            """
            {"id":\(number),"digest":"\(digest(number))","type":"IMAGE","push_time":"2026-01-30T12:00:00.123Z",\
            "media_type":"application/vnd.oci.image.config.v1+json",\
            "manifest_media_type":"application/vnd.oci.image.index.v1+json",\
            "references":[{"child_digest":"\(digest(number + 1_000_000))","parent_id":1,\
            "platform":{"OsFeatures":null,"architecture":"arm64","os":"linux","variant":"v8"}},\
            {"child_digest":"\(digest(number + 2_000_000))","parent_id":1,\
            "platform":{"OsFeatures":null,"architecture":"unknown","os":"unknown"}}],\
            "tags":[{"id":1,"name":"t\(number)","push_time":"2026-01-31T12:00:00.123Z","immutable":false}]}
            """
        }
        return Answer(200, sendsTotal ? [("X-Total-Count", "\(count)")] : [], .text("[\(text)]"))
    }
}

/// What a repository's listing said in full.
struct WholeListing {
    var tags: [ListedTag] = []
    var pages = 0
    var requests = 0
}

/// Reads a repository's listing from a fake that stands for the registry and its vendor's API.
func withVendor<Result>(
    _ vendor: Vendor, _ answer: @escaping @Sendable (ScriptedRegistry.Request) -> ScriptedRegistry.Answer,
    repository path: String = "p/a", time: TimeSource = TimeSource(ContinuousClock()),
    change: (inout RegistryConfiguration) throws -> Void = { _ in },
    _ body: (DigestService, Repository, ScriptedRegistry) async throws -> Result
) async throws -> Result {
    let fake = try await ScriptedRegistry(answer)
    let registry = try Registry(parsing: "registry.test")
    return try await withService(time: time) { configuration in
        let endpoint = try Endpoint(parsing: "http://\(fake.name)")
        var settings = RegistrySettings(endpoint: endpoint)
        settings.vendor = vendor
        settings.bulkEndpoint = .at(endpoint)
        configuration.registries[registry] = settings
        try change(&configuration)
    } _: { service in
        try await body(service, try Repository(registry: registry, path: path), fake)
    }
}

extension DigestService {
    func whole(_ repository: Repository) async throws -> WholeListing {
        var whole = WholeListing()
        for try await page in listing(of: repository) {
            whole.tags += page.tags
            whole.pages += 1
        }
        return whole
    }

    /// How a listing broke off; nil where it did not.
    func failure(_ repository: Repository) async -> CheckFailure? {
        do {
            _ = try await whole(repository)
            return nil
        } catch {
            return error as? CheckFailure
        }
    }
}

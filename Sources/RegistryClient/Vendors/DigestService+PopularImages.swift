import NIOCore
public import OCI

extension DigestService {
    /// Docker Hub's official images, those pulled most first.
    public func popularImages(limit: Int) async throws(CheckFailure) -> [Repository] {
        guard let door = door(to: .dockerHub), let first = try? Repository(parsing: "docker.io/library/alpine") else {
            throw CheckFailure(.configuration, "Docker Hub's API is not asked: bulkEndpoint says so")
        }
        var found: [String: Double] = [:]
        var url = door.url(DockerHubImages.start)
        // The official images fill two pages.
        for _ in 0..<20 {
            let answer = try await ask(
                url, at: door, of: first, headers: [("Accept", "application/json")],
                limit: configuration.limits.bulkPage,
                isUrgent: false, purpose: .tags)
            guard answer.answer.status == 200 else { throw CheckFailure(status: answer.answer, host: door.host) }
            let page: DockerHubImages
            do {
                page = try LooseJSON.decode(DockerHubImages.self, from: answer.answer.body.readableBytesView)
            } catch {
                throw CheckFailure(.badAnswer, "\(door.host) \(error.description)")
            }
            for result in page.results { found[result.name] = result.pulls }
            guard let next = page.next.flatMap({ answer.url.resolving($0) }), next.origin == url.origin, next != url
            else {
                break
            }
            url = next
        }
        let ranked = found.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        return ranked.lazy.compactMap { try? Repository(parsing: "docker.io/library/\($0.key)") }.prefix(limit).map(
            \.self)
    }
}

import OCI

/// Docker Hub's official images, with how often each was pulled.
/// https://docs.docker.com/reference/api/hub/latest/#tag/repositories
struct DockerHubImages: Decodable {
    static let start = "/v2/repositories/library/?page=1&page_size=100"

    let results: [(name: String, pulls: Double)]
    let next: String?

    init(from decoder: any Decoder) throws {
        let object = try LooseObject(decoder)
        results = try LooseList<Result>(from: decoder, at: "results").elements.map { ($0.name, $0.pulls) }
        next = object.text("next").flatMap { $0.isEmpty ? nil : $0 }
    }

    private struct Result: Decodable {
        let name: String
        let pulls: Double

        init(from decoder: any Decoder) throws {
            let object = try LooseObject(decoder)
            guard let name = object.text("name") else { throw BadVendorAnswer.notAListing }
            (self.name, pulls) = (name, object.number("pull_count") ?? 0)
        }
    }
}

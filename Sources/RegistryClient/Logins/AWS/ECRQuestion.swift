#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The body of DescribeImages.
struct ECRQuestion: Encodable {
    private struct Filter: Encodable {
        let tagStatus = "TAGGED"
    }

    private let registryId: String?
    private let repositoryName: String
    private let maxResults = 1_000
    private let nextToken: String?
    private let filter = Filter()

    init(repository: String, account: String?, after token: String?) {
        registryId = account
        repositoryName = repository
        nextToken = token
    }

    func text() throws(CheckFailure) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(self) else {
            throw CheckFailure(.badAnswer, "ECR's next page cannot be asked for")
        }
        return String(decoding: data, as: UTF8.self)
    }
}

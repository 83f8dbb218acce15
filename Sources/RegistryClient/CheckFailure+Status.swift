import NIOCore
import NIOHTTP1
import OCI

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension CheckFailure {
    /// What an answer means that is neither a success nor a 404.
    ///
    /// Of the registry's own words only its error code is shown: the rest could repeat what we sent.
    init(status answer: HTTPAnswer, host: String) {
        let code = RegistryErrorCode.first(in: answer.body.readableBytesView).map { " (\($0))" } ?? ""
        switch answer.status {
        case 401, 403:
            self.init(
                .unauthorized,
                "\(host) answered \(answer.status)\(code): the repository does not exist, is private, or is not for us")
        case 429:
            let wish = answer.retryAfter
            let text = wish.map { ", to be asked again in \($0.text)" } ?? ""
            self.init(.rateLimited, "\(host) answered 429\(code): too many requests\(text)", retryAfter: wish)
        case 500...599:
            self.init(.serverError, "\(host) answered \(answer.status)\(code)", retryAfter: answer.retryAfter)
        default: self.init(.badAnswer, "\(host) answered \(answer.status)\(code), which is not expected here")
        }
    }
}

/// The codes of `{"errors":[{"code":…}]}`.
/// https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes
enum RegistryErrorCode {
    static func first(in body: some Collection<UInt8>) -> String? {
        guard !body.isEmpty, body.count <= 65_536, JSONBounds.holds(body, depth: 16),
            let document = try? JSONDecoder().decode(Document.self, from: Data(body))
        else { return nil }
        let code = document.errors.first?.code ?? ""
        let fits =
            (1...40).contains(code.utf8.count) && code.utf8.allSatisfy { $0 == 0x5f || (0x41...0x5a).contains($0) }
        return fits ? code : nil
    }

    private struct Document: Decodable {
        struct Entry: Decodable {
            let code: String
        }

        let errors: [Entry]
    }
}

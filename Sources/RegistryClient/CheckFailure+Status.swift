import NIOCore
import NIOHTTP1
import OCI

extension CheckFailure {
    /// What an answer means that is neither a success nor a 404.
    ///
    /// Of the registry's own words only its error code is shown: the rest could repeat what we sent.
    init(status answer: HTTPAnswer, host: String) {
        let wish = answer.retryAfter
        let later = wish.map { ", to be asked again in \($0.text)" } ?? ""
        let code = RegistryErrorCode.first(in: answer.body.readableBytesView).map { " (\($0))" } ?? ""
        switch answer.status {
        case 401, 403:
            self.init(
                .unauthorized,
                "\(host) answered \(answer.status)\(code): the repository does not exist, is private, or is not for us")
        case 429:
            self.init(.rateLimited, "\(host) answered 429\(code): too many requests\(later)", retryAfter: wish)
        case 500...599:
            self.init(.serverError, "\(host) answered \(answer.status)\(code)\(later)", retryAfter: wish)
        default: self.init(.badAnswer, "\(host) answered \(answer.status)\(code), which is not expected here")
        }
    }
}

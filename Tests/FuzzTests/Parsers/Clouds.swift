@testable import OCI
@testable import RegistryClient

extension FuzzedParser {
    static let clouds = [
        // What token services, metadata servers and ECR's API answer. Azure's registries and Google's servers answer
        // alike but for the field's name.
        json("cloudanswer", readings: 5) { bytes in
            for field in ["access_token", "refresh_token"] {
                guard let answer = AccessToken(parsing: bytes, field: field) else { continue }
                try require(isVisible(answer.token.text, in: bytes), "a token")
                let usable = answer.usableFor()
                try require((.seconds(10)...(.seconds(86_400))).contains(usable), "usable for \(usable)")
            }
            if let answer = ECRAuthorization(parsing: bytes) {
                guard case .password(let username, let password) = answer.credentials else {
                    throw BrokenProperty(description: "another kind of credentials")
                }
                try require(isVisible(username, in: bytes) && !username.contains(":"), "the name \(username)")
                try require(isVisible(password.text, in: bytes), "a password")
            }
            if let name = AWSErrorName.find(in: bytes) {
                try require(isVisible(name, in: bytes) && name.utf8.count <= 64, "the error \(name)")
            }
            try AWSKeys(parsing: bytes).map { try check($0, in: bytes) }
        },
        // Files of the operator's, and what is answered as XML or plain text.
        FuzzedParser("awstext", longest: 65_536, readings: 4) { bytes in
            try AWSKeys(xml: bytes).map { try check($0, in: bytes) }
            if let line = try? AWSMetadata.headerLine(bytes) {
                try require(line.utf8.allSatisfy { (0x20..<0x7f).contains($0) } && !line.isEmpty, "a header's line")
            }
            if let path = AWSMetadata.rolePath(in: bytes) {
                let url = RemoteURL(parsing: "http://metadata.test/" + path)
                try require(path.utf8.count > 8_000 || url?.target == "/" + path, "the role \(path)")
                try require(!path.contains("/"), "the role \(path)")
            }
            let text = text(bytes)
            for isConfig in [true, false] {
                guard let profile = AWSProfile.settings(of: "default", in: text, isConfig: isConfig) else { continue }
                try require(text.contains("default"), "a profile that is not there")
                try require(profile.count <= bytes.count, "\(profile.count) settings")
                for (name, value) in profile {
                    try require(name == name.lowercased() && !name.contains("="), "the setting \(name)")
                    try require(!value.contains(where: \.isNewline), "a value of several lines")
                }
            }
        },
        json("googleaccount") { bytes in
            do {
                guard case .service(let account) = try GoogleAccount(parsing: bytes) else { return }
                let place = try CloudPlace.named(account.tokenURL, by: "the service account's token_uri")
                let origin = place.url.origin
                let isSafe = origin.scheme == .https || PrivateRegistries.isLoopback(origin.host)
                try require(isSafe, "a key is shown to \(origin) without TLS")
            } catch let error as CheckFailure {
                try require(error.code == .configuration, "an error of another kind: \(error)")
                try requireShowable(error)
            }
        },
    ]

    private static func check(_ keys: AWSKeys, in bytes: [UInt8]) throws {
        try require(isVisible(keys.accessKeyID, in: bytes) && isVisible(keys.secretAccessKey.text, in: bytes), "keys")
        try require(keys.sessionToken.map { isVisible($0.text, in: bytes) } ?? true, "a session's token")
    }

    /// Can stand in a header.
    private static func isVisible(_ text: String, in bytes: [UInt8]) -> Bool {
        (1...bytes.count).contains(text.utf8.count) && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
    }
}

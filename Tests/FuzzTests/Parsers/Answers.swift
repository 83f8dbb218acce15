@testable import OCI
@testable import RegistryClient

extension FuzzedParser {
    static let answers = [
        json("token") { bytes in
            guard let answer = TokenAnswer(parsing: bytes) else { return }
            try require(isVisible(answer.token.text) && answer.token.text.utf8.count <= bytes.count, "a token")
            try require(answer.usableFor <= .seconds(86_400), "usable for \(answer.usableFor)")
        },
        json("errors") { bytes in
            guard let code = RegistryErrorCode.first(in: bytes) else { return }
            try require((1...40).contains(code.utf8.count) && isVisible(code), "the code \(code)")
        },
        json("taglist") { bytes in
            guard let page = TagListPage(parsing: bytes) else { return }
            try require(page.tags.count <= page.count && page.count <= bytes.count, "\(page.count) tags")
            for tag in page.tags { try require((try? Tag(parsing: tag.name)) == tag, "the tag \(tag)") }
        },
        json("dockerconfig") { bytes in
            do {
                let config = try DockerConfig(parsing: bytes)
                for registry in config.credentialHelpers.keys {
                    try require((try? Registry(parsing: registry.name)) == registry, "the registry \(registry)")
                }
            } catch let error as SettingError {
                try requireShowable(error)
            }
        },
        json("credentialhelper") { bytes in
            let registry = try Registry(parsing: "registry.test:5000")
            for succeeded in [true, false] {
                let answer = CredentialHelperAnswer(parsing: bytes, succeeded: succeeded, for: registry)
                guard case .credentials(let credentials) = answer else { continue }
                try require(succeeded, "credentials of a helper that failed")
                if case .password(let username, let password) = credentials {
                    try require(!username.isEmpty && !password.text.isEmpty, "empty credentials")
                }
            }
            if CredentialHelperAnswer.isName(text(bytes)) {
                try require(!bytes.contains(UInt8(ascii: "/")) && bytes.count <= 64, "a path as a helper's name")
            }
        },
    ]

    private static func isVisible(_ text: String) -> Bool { text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f } }
}

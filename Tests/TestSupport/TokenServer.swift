import Crypto
import Foundation
import JWTKit
import NIOCore
import Subprocess

/// A registry's token service, which signs what `docker-registry` believes.
/// https://distribution.github.io/distribution/spec/auth/jwt/
public final class TokenServer: Sendable {
    public static let service = "registry.test"
    public static let issuer = "tests"

    public let server: ScriptedRegistry
    /// The certificate that the registry must trust, as PEM.
    public let bundle: String
    private let folder: TemporaryFolder

    public var realm: String { "http://\(server.name)/token" }

    /// - Parameters:
    ///   - login: username and password of who may read what is private.
    ///   - publicPaths: repositories that anybody may read.
    public init(login: (username: String, password: String), publicPaths: Set<String> = []) async throws {
        folder = try TemporaryFolder()
        let script = """
            cd "$1" && exec 2>log
            openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=tests -keyout key.pem -out bundle.pem &&
            openssl rsa -in key.pem -traditional -out rsa.pem &&
            openssl x509 -in bundle.pem -pubkey -noout | openssl pkey -pubin -outform DER -out public.der
            """
        let result = try await Subprocess.run(
            .name("sh"), arguments: ["-c", script, "sh", folder.path], output: .string(limit: 4_096))
        guard result.terminationStatus.isSuccess else { throw ServerProcess.Failure("openssl failed") }
        bundle = folder.path + "/bundle.pem"
        let keyID = Self.keyID(try Data(contentsOf: folder.url.appending(path: "public.der")))
        let key = try Insecure.RSA.PrivateKey(pem: String(contentsOfFile: folder.path + "/rsa.pem", encoding: .utf8))
        let keys = JWTKeyCollection()
        await keys.add(rsa: key, digestAlgorithm: .sha256)
        let right = "Basic " + Data("\(login.username):\(login.password)".utf8).base64EncodedString()
        // Everything that may be asked for is signed beforehand, because a script answers at once.
        let folder = folder
        let tokens = TokenBook(keys: keys, keyID: keyID)
        for path in publicPaths { try await tokens.sign(path, actions: ["pull"]) }
        try await tokens.sign("team/app", actions: ["pull", "push", "delete"])
        try await tokens.sign("team/app", actions: [])
        let book = await tokens.all
        server = try await ScriptedRegistry { request in
            _ = folder
            let shown = request.header("Authorization")
            guard shown == nil || shown == right else { return .init(401) }
            let items = URLComponents(string: request.target)?.queryItems ?? []
            let scope = items.first { $0.name == "scope" }?.value?.split(separator: ":").map(String.init) ?? []
            guard items.first(where: { $0.name == "service" })?.value == Self.service, scope.count == 3 else {
                return .init(400)
            }
            // As the reference implementation does: a token with less than was asked for, and no refusal.
            let isAllowed = shown == right || publicPaths.contains(scope[1])
            guard let token = book[TokenBook.key(scope[1], isAllowed)] ?? book[TokenBook.key("team/app", false)] else {
                return .init(403)
            }
            return .init(200, [("Content-Type", "application/json")], .text(#"{"token":"\#(token)","expires_in":300}"#))
        }
    }

    /// libtrust's name of a key: the first 240 bits of its SHA-256 in base32, in twelve groups of four.
    private static func keyID(_ publicKey: Data) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        let bits = SHA256.hash(data: publicKey).prefix(30).flatMap { byte in (0..<8).map { byte >> (7 - $0) & 1 } }
        let letters = stride(from: 0, to: bits.count, by: 5).map { start in
            alphabet[bits[start..<start + 5].reduce(0) { $0 * 2 + Int($1) }]
        }
        return stride(from: 0, to: letters.count, by: 4).map { String(letters[$0..<$0 + 4]) }.joined(separator: ":")
    }
}

private actor TokenBook {
    private struct Access: Codable {
        let type: String
        let name: String
        let actions: [String]
    }

    private struct Claims: JWTPayload {
        let iss: String
        let sub: String
        let aud: String
        let exp: ExpirationClaim
        let nbf: NotBeforeClaim
        let iat: IssuedAtClaim
        let jti: String
        let access: [Access]

        func verify(using algorithm: some JWTAlgorithm) throws {}
    }

    private let keys: JWTKeyCollection
    private let keyID: String
    private(set) var all: [String: String] = [:]

    init(keys: JWTKeyCollection, keyID: String) {
        self.keys = keys
        self.keyID = keyID
    }

    static func key(_ path: String, _ isAllowed: Bool) -> String { "\(isAllowed)/\(path)" }

    func sign(_ path: String, actions: [String]) async throws {
        // Whole seconds: the registry reads no others.
        let now = Date(timeIntervalSince1970: Date().timeIntervalSince1970.rounded(.down))
        var header = JWTHeader()
        header.typ = "JWT"
        header.kid = keyID
        let claims = Claims(
            iss: TokenServer.issuer, sub: "someone", aud: TokenServer.service,
            exp: ExpirationClaim(value: now.addingTimeInterval(600)),
            nbf: NotBeforeClaim(value: now.addingTimeInterval(-60)), iat: IssuedAtClaim(value: now),
            jti: UUID().uuidString,
            access: actions.isEmpty ? [] : [Access(type: "repository", name: path, actions: actions)])
        all[Self.key(path, !actions.isEmpty)] = try await keys.sign(claims, header: header)
    }
}

import Foundation
import Subprocess

/// Debian's `docker-registry` on loopback, empty.
public final class DockerRegistry: Sendable {
    public let port: Int
    public let process: ServerProcess
    /// The folder of what was pushed.
    public let data: String
    /// What `htpasswd` access was set up with.
    public let username: String?
    public let password: String?

    /// As references write it: `127.0.0.1:PORT`.
    public var name: String { "127.0.0.1:\(port)" }

    /// Without any authentication.
    public static func anonymous() async throws -> DockerRegistry {
        try await DockerRegistry(settings: "")
    }

    /// With HTTP Basic access.
    public static func htpasswd(username: String, password: String) async throws -> DockerRegistry {
        let folder = try TemporaryFolder()
        let line = try await Subprocess.run(
            .name("htpasswd"), arguments: ["-Bbn", username, password], output: .string(limit: 4096))
        let path = try folder.write(line.standardOutput, to: "htpasswd")
        return try await DockerRegistry(
            settings: "auth: {htpasswd: {realm: tests, path: \(path)}}", folder: folder, username: username,
            password: password)
    }

    /// With a token service elsewhere.
    public static func token(_ tokens: TokenServer, data: String? = nil) async throws -> DockerRegistry {
        let settings = [
            "realm: \"\(tokens.realm)\"", "service: \(TokenServer.service)", "issuer: \(TokenServer.issuer)",
            "rootcertbundle: \(tokens.bundle)",
        ]
        return try await DockerRegistry(
            settings: "auth: {token: {\(settings.joined(separator: ", "))}}", data: data)
    }

    /// - Parameters:
    ///   - settings: more lines of its configuration.
    ///   - tls: PEM files of a certificate and its key.
    ///   - port: to come back where another was.
    ///   - data: the folder of another, to show the same.
    public init(
        settings: String, tls: TestCertificates? = nil, folder: TemporaryFolder? = nil, port: Int? = nil,
        data: String? = nil, username: String? = nil, password: String? = nil
    ) async throws {
        let folder = try folder ?? TemporaryFolder()
        self.port = if let port { port } else { try await FreePort.find() }
        self.data = data ?? folder.path + "/data"
        self.username = username
        self.password = password
        let http = tls.map { ", tls: {certificate: \($0.certificate), key: \($0.key)}" } ?? ""
        let configuration = """
            version: 0.1
            log: {level: warn, accesslog: {disabled: true}}
            storage: {filesystem: {rootdirectory: \(self.data)}, delete: {enabled: true}}
            http: {addr: "127.0.0.1:\(self.port)", secret: tests\(http)}
            \(settings)
            """
        let file = try folder.write(configuration, to: "config.yml")
        process = try await ServerProcess(["docker-registry", "serve", file], port: self.port, folder: folder)
    }

    /// Pushes to and deletes from it.
    public var pusher: ImagePusher { ImagePusher(base: "http://\(name)", username: username, password: password) }
}

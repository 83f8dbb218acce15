import Foundation

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// moto's server on loopback, which answers as AWS's APIs do. https://docs.getmoto.org/en/latest/docs/server_mode.html
///
/// What it is not true in: its ECR token has always run out, it answers no second page, and it checks no signature.
public final class MotoServer: Sendable {
    public let port: Int
    public let process: ServerProcess

    public var url: String { "http://127.0.0.1:\(port)" }

    public init() async throws {
        let program = try await PythonTool.install("moto_server", from: "moto[server]", version: "5.2.1")
        port = try await FreePort.find()
        process = try await ServerProcess(
            [program, "-H", "127.0.0.1", "-p", "\(port)"], port: port, folder: try TemporaryFolder())
    }
}

extension MotoServer {
    /// A repository in ECR with one image under some tags.
    public func create(_ repository: String, tags: [String], manifest: String) async throws {
        try await ask("CreateRepository", ["repositoryName": repository])
        for tag in tags {
            try await ask(
                "PutImage", ["repositoryName": repository, "imageManifest": manifest, "imageTag": tag])
        }
    }

    private func ask(_ action: String, _ body: [String: String]) async throws {
        // It reads the region and the service from the signature, which it does not check.
        let signature =
            "AWS4-HMAC-SHA256 Credential=A/20260101/eu-central-1/ecr/aws4_request, SignedHeaders=host, Signature=0"
        guard let url = URL(string: url) else { throw ServerProcess.Failure("moto: \(url)") }
        var request = URLRequest(url: url)
        request.httpMethod = "POST"
        request.httpBody = try JSONEncoder().encode(body)
        for (name, value) in [
            ("Authorization", signature), ("Content-Type", "application/x-amz-json-1.1"),
            ("X-Amz-Target", "AmazonEC2ContainerRegistry_V20150921." + action),
        ] { request.setValue(value, forHTTPHeaderField: name) }
        let (data, response) = try await URLSession.shared.data(for: request)
        guard (response as? HTTPURLResponse)?.statusCode == 200 else {
            throw ServerProcess.Failure("moto: \(String(decoding: data, as: UTF8.self))")
        }
    }
}

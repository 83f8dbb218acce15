import Foundation
import Subprocess

/// A certificate authority of a test's own, and the certificates of a server and of a client that it signed.
public final class TestCertificates: Sendable {
    private let folder: TemporaryFolder

    /// PEM files.
    public var authority: String { folder.path + "/ca.pem" }
    public var certificate: String { folder.path + "/server.pem" }
    public var key: String { folder.path + "/server.key" }
    public var clientCertificate: String { folder.path + "/client.pem" }
    public var clientKey: String { folder.path + "/client.key" }

    /// - Parameter names: subject alternative names, as `DNS:localhost` or `IP:127.0.0.1`.
    public init(names: [String] = ["DNS:localhost", "IP:127.0.0.1"]) async throws {
        folder = try TemporaryFolder()
        try folder.write("subjectAltName=\(names.joined(separator: ","))\n", to: "san")
        let script = """
            cd "$1" && exec 2>log
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=tests \
                -keyout ca.key -out ca.pem &&
            openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=server \
                -keyout server.key -out server.csr &&
            openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile san -out server.pem &&
            openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=client \
                -keyout client.key -out client.csr &&
            openssl x509 -req -in client.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out client.pem
            """
        let result = try await Subprocess.run(
            .name("sh"), arguments: ["-c", script, "sh", folder.path], output: .string(limit: 4096))
        guard result.terminationStatus.isSuccess else {
            throw ServerProcess.Failure("openssl failed in \(folder.path)")
        }
    }
}

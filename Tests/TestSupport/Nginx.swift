public import Foundation

/// nginx on loopback, for TLS, redirects, limits and load.
public final class Nginx: Sendable {
    public let port: Int
    public let process: ServerProcess

    public var name: String { "127.0.0.1:\(port)" }

    /// - Parameters:
    ///   - server: what stands inside `server {}` beside `listen`.
    ///   - http: what stands beside `server {}`.
    ///   - log: the format of ``accessLog``, defined in `http`.
    ///   - tls: makes it speak TLS.
    public init(
        server: String, http: String = "", log: String = "combined", tls: TestCertificates? = nil
    ) async throws {
        let folder = try TemporaryFolder()
        port = try await FreePort.find()
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "\($0)_temp_path \(folder.path)/\($0);" }.joined(separator: " ")
        let secure = tls.map { "ssl_certificate \($0.certificate); ssl_certificate_key \($0.key);" } ?? ""
        let configuration = """
            daemon off;
            master_process off;
            pid \(folder.path)/nginx.pid;
            error_log stderr;
            events { worker_connections 512; }
            http {
                \(http)
                access_log \(folder.path)/access.log \(log);
                keepalive_requests 1000000;
                \(temporary)
                server {
                    listen 127.0.0.1:\(port)\(tls == nil ? "" : " ssl");
                    \(secure)
                    \(server)
                }
            }
            """
        let file = try folder.write(configuration, to: "nginx.conf")
        process = try await ServerProcess(
            ["/usr/sbin/nginx", "-e", "stderr", "-p", folder.path, "-c", file], port: port, folder: folder)
    }

    /// What was asked, a line a request.
    public var accessLog: String { String(decoding: accessLogBytes, as: UTF8.self) }

    /// For logs of a size that reading as text takes long with.
    public var accessLogBytes: Data {
        (try? Data(contentsOf: process.folder.url.appending(path: "access.log"))) ?? Data()
    }
}

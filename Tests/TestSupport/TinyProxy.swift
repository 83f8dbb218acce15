import Foundation

/// Debian's tinyproxy on loopback.
public final class TinyProxy: Sendable {
    public let port: Int
    public let process: ServerProcess

    /// - Parameter login: username and password to demand.
    public init(login: (String, String)? = nil) async throws {
        let folder = try TemporaryFolder()
        port = try await FreePort.find()
        let demand = login.map { "BasicAuth \($0.0) \($0.1)" } ?? ""
        let file = try folder.write(
            """
            Port \(port)
            Listen 127.0.0.1
            Timeout 60
            MaxClients 50
            LogLevel Connect
            \(demand)

            """, to: "tinyproxy.conf")
        process = try await ServerProcess(["/usr/bin/tinyproxy", "-d", "-c", file], port: port, folder: folder)
    }

    /// What it was asked for, a line each.
    public var log: String { process.log }
}

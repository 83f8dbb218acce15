import Foundation
import Glibc
import Logging

/// The PostgreSQL cluster that Tagbeat keeps for itself under its data folder where it was given no DATABASE_URL.
///
/// Any number of Tagbeat processes share it: whoever comes first makes and starts it, whoever leaves last stops it.
/// Each holds a shared lock while it uses the cluster, so a killed process counts no longer, and the next one adopts
/// a server that a killed one left behind.
///
/// Authentication is `trust`: the only way in is a Unix socket in a folder that the server's user and root alone can
/// enter, and those two could read the files anyhow. `peer` would add nothing and would fail for a user without an
/// entry in the user database, as containers have them.
struct PrivateCluster: Sendable {
    let dataDirectory: String
    let logger: Logger

    init(dataDirectory: String, logger: Logger) {
        self.dataDirectory = dataDirectory
        self.logger = logger
    }

    /// Makes the cluster where there is none, starts or adopts its server, and holds it until the handle is released.
    ///
    /// - Throws: `ClusterError`, `CancellationError`.
    func start() async throws -> ClusterHandle {
        let layout = try ClusterLayout.prepare(dataDirectory: dataDirectory)
        let users = try layout.openLock(layout.usersLock)
        let server = ClusterServer(layout: layout, logger: logger)
        try await server.exclusively {
            // Only a process that holds the other lock ever takes this one exclusively, so it is free now.
            guard users.tryLock(.shared) else { throw ClusterError.busy(lock: layout.usersLock) }
            do {
                try await server.ensureRunning()
            } catch {
                users.unlock()
                throw error
            }
        }
        return ClusterHandle(server: server, users: users, logger: logger)
    }
}

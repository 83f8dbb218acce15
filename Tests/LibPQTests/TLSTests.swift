import Foundation
import LibPQ
import TestSupport
import Testing

@Suite struct TLSTests {
    private struct Failure: Error {}

    private func makeCertificate(_ certificate: URL, key: URL) throws {
        let openssl = Process()
        openssl.executableURL = URL(filePath: "/usr/bin/openssl")
        openssl.arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
            "-out", certificate.path, "-keyout", key.path,
        ]
        openssl.standardError = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
        guard openssl.terminationStatus == 0 else { throw Failure() }
    }

    @Test func verifiedServerIsUsedAndAForeignOneRefused() async throws {
        let port = try { try SilentListener().port }()
        let server = try await PostgresServer(settings: ["listen_addresses=127.0.0.1", "port=\(port)"])
        let data = server.folder.appending(path: "data")
        let (certificate, key) = (data.appending(path: "server.crt"), data.appending(path: "server.key"))
        try makeCertificate(certificate, key: key)
        let owner = try FileManager.default.attributesOfItem(atPath: data.path)[.ownerAccountID]
        try FileManager.default.setAttributes([.ownerAccountID: owner ?? 0], ofItemAtPath: key.path)
        let foreign = server.folder.appending(path: "foreign.crt")
        try makeCertificate(foreign, key: server.folder.appending(path: "foreign.key"))

        let local = try await Connection.connect(to: server.conninfo() + " port=\(port)")
        try await local.runScript("ALTER SYSTEM SET ssl = on")
        _ = try await local.run(Ask<Bool>("SELECT pg_reload_conf()"))
        let base = "host=localhost hostaddr=127.0.0.1 port=\(port) user=postgres dbname=postgres sslmode=verify-full "
        let verified = base + "sslrootcert=\(certificate.path)"
        #expect(try await eventually { await postgresError { _ = try await Connection.connect(to: verified) } == nil })
        let connection = try await Connection.connect(to: verified)
        #expect(
            try await connection.first(Ask<Bool>("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")) == true)
        for size in [1, 8191, 16_384, 32_767, 100_001, 5_000_000] {
            let value = ByteString([UInt8](repeating: UInt8(size % 251), count: size))
            #expect(try await connection.first(Ask<ByteString>("SELECT $1", value)) == value)
            let rows = try await connection.run(Ask<ByteString>("SELECT $1 FROM generate_series(1, 3)", value)).rows
            #expect(rows == [value, value, value])
        }
        let task = Task { try await connection.run(Sleep(seconds: 60)) }
        try await Task.sleep(for: .milliseconds(100))
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try await connection.first(Ask<Int>("SELECT 1")) == 1)

        let refused = await postgresError {
            _ = try await Connection.connect(to: base + "sslrootcert=\(foreign.path)")
        }
        #expect(refused?.code == .connectionFailed)
        #expect(refused?.description.contains("certificate verify failed") == true)
    }
}

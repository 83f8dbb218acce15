import Foundation
import LibPQ
import TestSupport
import Testing

@Suite struct ConnectTests {
    private func failure(_ conninfo: String) async -> PostgresError? {
        await postgresError { _ = try await Connection.connect(to: conninfo, connectTimeout: 2) }
    }

    @Test(arguments: [
        "host=localhost password=hunter2 nonsense", "postgresql://user:hunter2@[::1/db", "hunter2", "host='hunter2",
        "postgresql://u:pw@h/d?hunter2=hunter2&x", "hunter2=hunter2",
    ])
    func malformedStringsAreNotRepeated(_ conninfo: String) async {
        let error = await failure(conninfo)
        #expect(error?.code == .invalidConnectionString)
        #expect(error?.debugDescription.contains("hunter2") == false)
    }

    /// What libpq takes for another part of the string and quotes in its error.
    @Test(arguments: [
        "postgresql://user:hunter2/x@localhost/db", "postgresql://user:x@hunter2@localhost/db",
        "postgresql://user@hunter2.invalid@h/db", "host=localhost port=hunter2", "host=localhost sslmode=hunter2",
        "host=localhost connect_timeout=hunter2", "host=localhost target_session_attrs=hunter2", "service=hunter2",
    ])
    func misreadStringsAreNotRepeated(_ conninfo: String) async {
        let error = await failure(conninfo)
        #expect(error?.code == .connectionFailed || error?.code == .invalidConnectionString)
        #expect(error?.debugDescription.contains("hunter2") == false, "\(error?.debugDescription ?? "")")
    }

    @Test func reasonsAreToldWithoutTheAddress() async throws {
        let server = try await PostgresServer.shared()
        let missing = await failure(server.conninfo(database: "nowhere") + " password=hunter2")
        #expect(missing?.description == "cannot connect to PostgreSQL: database \"nowhere\" does not exist")
        let absent = await failure("host=/tmp/not-there user=u dbname=d password=hunter2")
        #expect(absent?.description == "cannot connect to PostgreSQL: No such file or directory")
        #expect(absent?.debugDescription.contains("/tmp/not-there") == true)
        #expect(absent?.debugDescription.contains("hunter2") == false)
    }

    @Test func wrongPasswordIsSaidWithoutIt() async throws {
        let server = try await PostgresServer()
        let connection = try await Connection.connect(to: server.conninfo())
        try await connection.runScript("CREATE ROLE bob LOGIN PASSWORD 'right'")
        let rules = server.folder.appending(path: "data/pg_hba.conf")
        let all = try String(contentsOf: rules, encoding: .utf8)
        try ("local all bob scram-sha-256\n" + all).write(to: rules, atomically: false, encoding: .utf8)
        _ = try await connection.run(Ask<Bool>("SELECT pg_reload_conf()"))
        let base = "host=\(server.folder.path) dbname=postgres user=bob"
        #expect(try await eventually { await failure(base + " password=hunter2") != nil })
        let error = await failure(base + " password=hunter2")
        #expect(error?.code == .connectionFailed)
        #expect(error?.description.contains("password authentication failed") == true)
        #expect(error?.debugDescription.contains("hunter2") == false)
        let right = try await Connection.connect(to: base + " password=right")
        #expect(try await right.first(Ask<String>("SELECT current_user")) == "bob")
        let refused = await postgresError { try await right.runScript("CREATE ROLE eve PASSWORD 'hunter2'") }
        #expect(refused?.sqlState == "42501")
        #expect(refused?.debugDescription.contains("hunter2") == false)
    }

    @Test func settingsOfASession() async throws {
        let server = try await PostgresServer.shared()
        let connection = try await Connection.connect(to: server.conninfo(), applicationName: "tagbeat test")
        #expect(try await connection.first(Ask<String>("SHOW application_name")) == "tagbeat test")
        #expect(try await connection.first(Ask<String>("SHOW client_encoding")) == "UTF8")
        let named = try await Connection.connect(
            to: server.conninfo() + " application_name=mine client_encoding=LATIN1 options='-c work_mem=5MB'")
        #expect(try await named.first(Ask<String>("SHOW application_name")) == "mine")
        #expect(try await named.first(Ask<String>("SHOW client_encoding")) == "UTF8")
        #expect(try await named.first(Ask<String>("SHOW work_mem")) == "5MB")
    }

    @Test func serviceFile() async throws {
        let server = try await PostgresServer.shared()
        let file = server.folder.appending(path: "service-\(UUID().uuidString).conf")
        try """
        [mine]
        host=\(server.folder.path)
        user=postgres
        dbname=postgres
        application_name=by service
        """.write(to: file, atomically: true, encoding: .utf8)
        // libpq 15 takes the file's place from the environment only.
        setenv("PGSERVICEFILE", file.path, 1)
        for conninfo in ["service=mine", "postgresql:///?service=mine"] {
            let connection = try await Connection.connect(to: conninfo)
            #expect(try await connection.first(Ask<String>("SHOW application_name")) == "by service")
        }
    }

    @Test func severalHostsWithADeadAndAReadOnlyOne() async throws {
        let readOnly = try await PostgresServer(settings: ["default_transaction_read_only=on"])
        let readWrite = try await PostgresServer.shared()
        let hosts = ["/tmp/dead", readOnly.folder.path, readWrite.folder.path]
        let folder = Ask<String>("SHOW unix_socket_directories")
        let uri =
            "postgresql://postgres@" + hosts.map { $0.replacing("/", with: "%2F") }.joined(separator: ",") + "/postgres"
        let any = try await Connection.connect(to: uri)
        #expect(try await any.first(folder) == readOnly.folder.path)
        let writable = try await Connection.connect(to: uri + "?target_session_attrs=read-write")
        #expect(try await writable.first(folder) == readWrite.folder.path)
        let error = await failure(
            "host=/tmp/dead,\(readOnly.folder.path) user=postgres dbname=postgres target_session_attrs=read-write")
        #expect(error?.code == .connectionFailed)
        #expect(error?.description.contains("read-only") == true, "\(error?.description ?? "")")
    }
}

import Foundation
import Glibc
import Logging
import Testing

@testable import Tagbeat

/// A private cluster in a folder of its own, with everything stopped and removed at the end. As root the folder lies
/// in one that the server's user cannot enter, as root's temporary folders do.
private func withCluster(
    _ name: String = "data", _ body: (PrivateCluster, ClusterFixture) async throws -> Void
) async throws {
    let parent =
        FileManager.default.temporaryDirectory.resolvingSymlinksInPath().path + "/tb-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(
        atPath: parent, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let fixture = ClusterFixture(root: parent + "/" + name)
    var logger = Logger(label: "cluster")
    logger.logLevel = .error
    let cluster = PrivateCluster(dataDirectory: fixture.root, logger: logger)
    do {
        try await body(cluster, fixture)
    } catch {
        await fixture.tidyUp(parent)
        throw error
    }
    await fixture.tidyUp(parent)
}

private struct ClusterFixture: Sendable {
    let root: String

    var processes: ServerProcesses { ServerProcesses(cluster: root + "/postgresql") }
    var postmaster: pid_t? { processes.postmaster()?.process }

    func tidyUp(_ parent: String) async {
        for process in processes.all() { kill(process, SIGKILL) }
        _ = try? await ServerProcesses.wait(.seconds(5)) { processes.all().isEmpty }
        try? FileManager.default.removeItem(atPath: parent)
    }

    /// The answer to one statement.
    func query(_ conninfo: String, _ sql: String) async throws -> String {
        let answer = try await Shell.run("exec psql -XAtq -d \"$1\" -c \"$2\"", [conninfo, sql])
        #expect(answer.succeeded, "\(answer.errors)")
        return answer.output.trimmingCharacters(in: .newlines)
    }

    /// As kill -9 does to the server and all its children.
    func killServer() {
        guard let postmaster else { return }
        let children = processes.all().filter { $0 != postmaster }
        for process in [postmaster] + children { kill(process, SIGKILL) }
    }
}

@Suite(.serialized) struct ClusterTests {
    @Test func isMadeSharedAndStoppedByTheLast() async throws {
        try await withCluster { cluster, fixture in
            let first = try await cluster.start()
            let server = try #require(fixture.postmaster)
            #expect(FileStatus("/proc/\(server)")?.owner != 0)
            #expect(
                try await fixture.query(first.conninfo, "CREATE TABLE t AS SELECT 1 AS x; SELECT current_database()")
                    == "tagbeat")
            let shown = try await fixture.query(
                first.conninfo,
                "SELECT string_agg(current_setting(n), ',') FROM unnest('{listen_addresses,server_encoding,data_checksums,"
                    + "fsync,synchronous_commit,lc_collate,TimeZone,shared_preload_libraries}'::text[]) n")
            #expect(shown == ",UTF8,on,on,on,C,UTC,pg_prewarm")

            let second = try await cluster.start()
            #expect(second.conninfo == first.conninfo)
            #expect(fixture.postmaster == server)
            await first.release()
            await first.release()
            #expect(fixture.postmaster == server)
            await second.release()
            #expect(fixture.processes.all().isEmpty)

            let third = try await cluster.start()
            #expect(try await fixture.query(third.conninfo, "SELECT x FROM t") == "1")
            await third.release()
            #expect(fixture.processes.all().isEmpty)
        }
    }

    @Test func adoptsTheServerOfAKilledProcess() async throws {
        try await withCluster { cluster, fixture in
            // The kernel closes a killed process's files, and its locks with them; so does dropping the handle.
            var killed: ClusterHandle? = try await cluster.start()
            let server = try #require(fixture.postmaster)
            _ = killed?.conninfo
            killed = nil
            #expect(fixture.postmaster == server)
            let next = try await cluster.start()
            #expect(fixture.postmaster == server)
            await next.release()
            #expect(fixture.postmaster == nil)
        }
    }

    @Test func aKilledServerIsStartedAgainAndLosesNothing() async throws {
        try await withCluster { cluster, fixture in
            let handle = try await cluster.start()
            let watch = Task { await handle.keepAlive() }
            _ = try await fixture.query(handle.conninfo, "CREATE TABLE t (x int)")
            for round in 1...2 {
                _ = try await fixture.query(handle.conninfo, "INSERT INTO t VALUES (\(round))")
                let before = try #require(fixture.postmaster)
                if round == 1 { kill(before, SIGKILL) } else { fixture.killServer() }
                let isBack = try await ServerProcesses.wait(.seconds(30)) {
                    fixture.processes.postmaster().map { $0.process != before && $0.isReady } ?? false
                }
                #expect(isBack)
                #expect(try await fixture.query(handle.conninfo, "SELECT count(*) FROM t") == "\(round)")
            }
            // Released while the watcher may be starting it again.
            fixture.killServer()
            try await Task.sleep(for: .milliseconds(600))
            await handle.release()
            await watch.value
            #expect(fixture.processes.all().isEmpty)
        }
    }

    @Test func aStalePidFileWhoseNumberIsInUseAgainIsRemoved() async throws {
        try await withCluster { cluster, fixture in
            let handle = try await cluster.start()
            let layout = try ClusterLayout.prepare(dataDirectory: fixture.root)
            fixture.killServer()
            _ = try await ServerProcesses.wait(.seconds(5)) { fixture.processes.all().isEmpty }
            // PostgreSQL itself would refuse to start: the number is that of a living process of its own user.
            let sleeping = try await Shell.run(
                "{ \"$@\" >/dev/null 2>&1 & } && echo $!", layout.user.prefix + ["sleep", "60"])
            let number = try #require(pid_t(sleeping.output.trimmingCharacters(in: .newlines)))
            defer { kill(number, SIGKILL) }
            let text = "\(number)\n\(layout.cluster)\n1\n5432\n\(layout.socketFolder)\n\n 1 1\nready\n"
            try text.write(toFile: layout.postmasterFile, atomically: false, encoding: .utf8)
            try text.write(toFile: layout.socket + ".lock", atomically: false, encoding: .utf8)
            let next = try await cluster.start()
            #expect(fixture.postmaster != number)
            #expect(try await fixture.query(next.conninfo, "SELECT 1") == "1")
            #expect(ServerProcesses.isAlive(number))
            await next.release()
            await handle.release()
        }
    }

    @Test func twoStartsAtOnceMakeOneCluster() async throws {
        try await withCluster { cluster, fixture in
            async let one = cluster.start()
            async let other = cluster.start()
            let handles = try await [one, other]
            #expect(handles[0].conninfo == handles[1].conninfo)
            #expect(try await fixture.query(handles[0].conninfo, "SELECT 1") == "1")
            for handle in handles { await handle.release() }
            #expect(fixture.processes.all().isEmpty)
        }
    }

    @Test func anInterruptedStartLeavesNothingBehind() async throws {
        try await withCluster { cluster, fixture in
            // Somewhere in initdb, and somewhere in the server's start.
            for delay in [300, 30, 60, 90] {
                let start = Task { try await cluster.start() }
                try await Task.sleep(for: .milliseconds(delay))
                start.cancel()
                if case .success(let handle) = await start.result { await handle.release() }
                #expect(fixture.processes.all().isEmpty)
                if delay == 300 {
                    // What a kill in the middle of initdb would leave.
                    try FileManager.default.createDirectory(
                        atPath: fixture.root + "/postgresql.new-1/base", withIntermediateDirectories: true)
                    await (try await cluster.start()).release()
                    let names = try FileManager.default.contentsOfDirectory(atPath: fixture.root)
                    #expect(!names.contains { $0.hasPrefix("postgresql.new") })
                }
            }
        }
    }

    @Test(arguments: [String(repeating: "long", count: 25), "a b'c\"d$e,f`g\\h"])
    func unusualPaths(_ name: String) async throws {
        try await withCluster(name) { cluster, fixture in
            let handle = try await cluster.start()
            #expect(handle.conninfo.hasPrefix("host='/tmp/tagbeat-"))
            #expect(try await fixture.query(handle.conninfo, "SELECT 1") == "1")
            let folder = try ClusterLayout.prepare(dataDirectory: fixture.root).socketFolder
            #expect(FileStatus(folder)?.permissions == 0o700)
            await handle.release()
            #expect(FileStatus(folder) == nil)
        }
    }

    @Test func anotherMajorVersionIsRefusedAndNothingChanged() async throws {
        try await withCluster { cluster, fixture in
            let folder = fixture.root + "/postgresql"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try "9\n".write(toFile: folder + "/PG_VERSION", atomically: false, encoding: .utf8)
            let error = await #expect(throws: ClusterError.self) { try await cluster.start() }
            #expect(
                error?.description.hasPrefix("The cluster in \(folder) was made by PostgreSQL 9, but installed is ")
                    == true)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["PG_VERSION"])
        }
    }

    @Test func foldersThatCannotBeUsed() async throws {
        try await withCluster { cluster, fixture in
            func error(_ path: String) async -> ClusterError? {
                await #expect(throws: ClusterError.self) {
                    _ = try await PrivateCluster(dataDirectory: path, logger: cluster.logger).start()
                }
            }
            let file = fixture.root + "-file"
            try "".write(toFile: file, atomically: false, encoding: .utf8)
            #expect(await error(file) == .folderUnusable(path: file, reason: "it is not a folder"))
            #expect(
                await error(file + "/x")
                    == .folderUnusable(path: file + "/x", reason: "it cannot be made: Not a directory"))
            #expect(await error("/proc/tagbeat") != nil)
            let full = fixture.root + "/postgresql"
            try FileManager.default.createDirectory(atPath: full, withIntermediateDirectories: true)
            try "".write(toFile: full + "/letter", atomically: false, encoding: .utf8)
            #expect(await error(fixture.root) == .notACluster(path: full))
        }
    }

    @Test func everyErrorIsOneLineThatSaysWhatToDo() {
        let errors: [ClusterError] = [
            .folderUnusable(path: "/x", reason: "r"), .foreignFolder(path: "/x", owner: "me"), .notACluster(path: "/x"),
            .programsMissing, .wrongVersion(path: "/x", cluster: "14", installed: ["15", "16"]), .noServerUser,
            .socketFolderUnsafe(path: "/x", reason: "r"), .diskFull(path: "/x"), .creationFailed(reason: "r"),
            .startFailed(reason: "r", log: "/x"), .busy(lock: "/x"),
        ]
        for error in errors { #expect(!error.description.contains("\n") && error.description.hasSuffix(".")) }
        #expect(ClusterError.programsMissing.description.contains("apt-get install postgresql"))
    }
}

@Suite struct ClusterPartsTests {
    @Test(
        arguments: [
            ("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n", "15"), ("postgres (PostgreSQL) 18beta1\n", "18"),
            ("postgres (PostgreSQL) 9.6.24\n", "9"), ("nonsense", nil), ("", nil),
        ] as [(String, String?)])
    func versions(_ text: String, _ expected: String?) {
        #expect(ServerPrograms.parseMajor(text) == expected)
    }

    @Test func postmasterFile() {
        let file = PostmasterFile(text: "123\n/data\n1700000000\n5432\n/run/x\n\n  5432001    0\nready   \n")
        #expect(file?.process == 123)
        #expect(file?.socketFolder == "/run/x")
        #expect(file?.isReady == true)
        #expect(PostmasterFile(text: "-123\n/data\n")?.process == 123)
        #expect(PostmasterFile(text: "123\n")?.isReady == false)
        for text in ["", "0\n", "x\n"] { #expect(PostmasterFile(text: text) == nil) }
    }

    @Test(arguments: [
        ("/data", "/data/socket"),
        ("/" + String(repeating: "x", count: 85), "/" + String(repeating: "x", count: 85) + "/socket"),
        ("/" + String(repeating: "x", count: 86), "/tmp/tagbeat-"), ("/a,b", "/tmp/tagbeat-"),
    ])
    func socketFolders(_ root: String, _ expected: String) {
        #expect(ClusterLayout(root: root, user: .current).socketFolder.hasPrefix(expected))
    }

    @Test func conninfoQuotes() {
        #expect(
            ClusterLayout(root: #"/it's\here"#, user: .current).conninfo
                == #"host='/it\'s\\here/socket' hostaddr='' port=5432 dbname=tagbeat user=tagbeat"#)
    }

    @Test func locksExcludeOneAnother() throws {
        let path = FileManager.default.temporaryDirectory.path + "/tagbeat-lock-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let (one, other) = (try FileLock(path: path), try FileLock(path: path))
        #expect(one.tryLock(.shared) && other.tryLock(.shared))
        #expect(!one.tryLock(.exclusive))
        other.unlock()
        #expect(one.tryLock(.exclusive) && !other.tryLock(.shared))
    }
}

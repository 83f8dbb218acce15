import Foundation

/// One installed PostgreSQL: the folder of its programs and its major version.
struct ServerPrograms: Sendable, Equatable {
    let folder: String
    let major: String

    var initdb: String { folder + "/initdb" }
    var postgres: String { folder + "/postgres" }

    /// Every installed PostgreSQL, the one to prefer for a new cluster first: what PATH or pg_config point at was
    /// chosen by somebody, and after that the newest.
    static func installed(searchPath: String) async throws -> [ServerPrograms] {
        var found: [ServerPrograms] = []
        for folder in await candidates(searchPath: searchPath) {
            guard !found.contains(where: { $0.folder == folder }), let major = await majorVersion(in: folder) else {
                continue
            }
            found.append(ServerPrograms(folder: folder, major: major))
        }
        return found
    }

    private static func candidates(searchPath: String) async -> [String] {
        var folders = searchPath.split(separator: ":").map(String.init).compactMap(programFolder)
        for folder in searchPath.split(separator: ":") where isProgram("\(folder)/pg_config") {
            let answer = try? await Shell.run("exec \"$1\" --bindir", ["\(folder)/pg_config"])
            folders +=
                (answer?.output).flatMap { programFolder($0.trimmingCharacters(in: .newlines)) }.map { [$0] } ?? []
        }
        // Debian's and Red Hat's places, which are not in PATH.
        let versioned = [("/usr/lib/postgresql", "", "/bin"), ("/usr", "pgsql-", "/bin")].flatMap {
            base, prefix, suffix in
            ((try? FileManager.default.contentsOfDirectory(atPath: base)) ?? [])
                .filter { $0.hasPrefix(prefix) }
                .compactMap { name in Int(name.dropFirst(prefix.count)).map { ($0, "\(base)/\(name)\(suffix)") } }
        }
        return folders + versioned.sorted { $0.0 > $1.0 }.compactMap { programFolder($0.1) }
    }

    /// The folder where the server's programs really are, links resolved, or nil where they are not all there.
    private static func programFolder(_ folder: String) -> String? {
        let postgres = URL(fileURLWithPath: folder + "/postgres").resolvingSymlinksInPath()
        let real = postgres.deletingLastPathComponent().path
        return isProgram(real + "/postgres") && isProgram(real + "/initdb") ? real : nil
    }

    private static func isProgram(_ path: String) -> Bool { FileManager.default.isExecutableFile(atPath: path) }

    /// From `postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)` or `postgres (PostgreSQL) 18beta1`: "15", "18".
    private static func majorVersion(in folder: String) async -> String? {
        guard let answer = try? await Shell.run("exec \"$1\" --version", [folder + "/postgres"]), answer.succeeded
        else {
            return nil
        }
        return parseMajor(answer.output)
    }

    static func parseMajor(_ output: String) -> String? {
        guard let range = output.range(of: "(PostgreSQL) ") else { return nil }
        let major = output[range.upperBound...].prefix { $0.isASCII && $0.isNumber }
        return major.isEmpty ? nil : String(major)
    }
}

import Crypto
public import Foundation
import OCI
import TagHistory

/// Where the rows of an import wait that are more than memory should hold: sorted, so that each tag's come together, and
/// so that what is left after a kill can go on.
public struct ImportSpool: Sendable {
    public let folder: URL
    /// Bytes in memory, and in each file.
    let memory: Int
    /// Observations that go into the database in one transaction, but for whole tags.
    let group: Int
    /// What is found again after a kill; nil: gone with the import.
    let isKept: Bool

    /// - Parameters:
    ///   - parent: the folder for all imports.
    ///   - source: what is read, in all that tells it apart from another source or another state of the same one.
    ///   - database: see ``TagStore/identity()``.
    public init(in parent: URL, source: String, database: String) {
        let hash = SHA256.hash(data: Data((source + "\n" + database).utf8))
        let name = hash.prefix(8).map { String(format: "%02x", $0) }.joined()
        self.init(folder: parent.appendingPathComponent(name), isKept: true)
    }

    init(folder: URL, isKept: Bool, memory: Int = 32 << 20, group: Int = 20_000) {
        (self.folder, self.isKept, self.memory, self.group) = (folder, isKept, memory, group)
    }

    /// An earlier import of the same source had read everything: it is not asked again.
    public var isWhole: Bool { whole != nil }

    /// How many rows it holds, in how many runs, once everything was read; nil too where a run is gone, as after a loss of
    /// power.
    var whole: (rows: Int, runs: Int)? {
        guard isKept, let text = try? String(contentsOf: url("whole"), encoding: .utf8) else { return nil }
        let numbers = text.split(separator: " ").compactMap { Int($0) }
        guard numbers.count == 2,
            (0..<numbers[1]).allSatisfy({ FileManager.default.fileExists(atPath: url("run-\($0)").path) })
        else { return nil }
        return (numbers[0], numbers[1])
    }

    func url(_ name: String) -> URL { folder.appendingPathComponent(name) }

    /// Removes what killed imports left that nobody can go on with, and what nobody went on with for a week.
    public static func removeForgotten(in parent: URL) {
        let keys: Set<URLResourceKey> = [.contentModificationDateKey]
        let folders = try? FileManager.default.contentsOfDirectory(
            at: parent, includingPropertiesForKeys: Array(keys))
        for folder in folders ?? [] {
            let changed = try? folder.resourceValues(forKeys: keys).contentModificationDate
            let isOld = changed.map { $0 < Date(timeIntervalSinceNow: -7 * 86_400) } ?? false
            guard isOld || UUID(uuidString: folder.lastPathComponent) != nil, let lock = try? SpoolLock(folder) else {
                continue
            }
            withExtendedLifetime(lock) { _ = try? FileManager.default.removeItem(at: folder) }
        }
    }

    /// Of a source that cannot be told apart from others, such as standard input.
    public static func temporary(in parent: URL) -> ImportSpool {
        ImportSpool(folder: parent.appendingPathComponent(UUID().uuidString), isKept: false)
    }
}

/// Fills a spool and gives its rows back tag by tag, in the order of references.
struct SpooledRows {
    private let spool: ImportSpool
    private var buffer = RowBuffer()
    private var runs: [SpooledRun] = []
    private var files = 0
    /// From before the first row is read until the import is over.
    private let lock: SpoolLock
    /// Rows added.
    private(set) var count = 0
    /// True where an earlier import of the same source had read everything.
    private(set) var isResumed = false
    /// The last tag that is done.
    private var done: [UInt8] = []

    /// - Throws: ``StoreError/importedElsewhere`` where another import of the same source is going on.
    init(_ spool: ImportSpool) throws {
        self.spool = spool
        lock = try SpoolLock(spool.folder)
        guard let whole = spool.whole else {
            // What was ended while it read.
            let left = try? FileManager.default.contentsOfDirectory(at: spool.folder, includingPropertiesForKeys: nil)
            for file in left ?? [] { try FileManager.default.removeItem(at: file) }
            return
        }
        (count, files) = whole
        done = (try? Data(contentsOf: spool.url("done"))).map(Array.init) ?? []
        isResumed = true
    }

    /// True where nothing had to be put on disk.
    var isInMemory: Bool { files == 0 && !isResumed }

    mutating func add(_ rows: [ImportRow]) throws {
        for row in rows { buffer.append(row) }
        count += rows.count
        if buffer.bytes.count >= spool.memory { try writeRun() }
    }

    /// Ends adding.
    mutating func finish() throws {
        if isInMemory {
            runs = [try SpooledRun(sorted: buffer.takeSorted())]
            return
        }
        if !isResumed {
            try writeRun()
            try Data("\(count) \(files)".utf8).write(to: spool.url("whole"), options: .atomic)
        }
        runs = try (0..<files).map { try SpooledRun(file: spool.url("run-\($0)")) }
        while let key = smallestKey(), Self.order(key, done) <= 0 { _ = try take(key) }
    }

    /// Whole tags, all of them where they are in memory; nil at the end.
    mutating func next() throws -> ImportGroup? {
        let limit = isInMemory ? Int.max : spool.group
        var group = ImportGroup()
        while group.count < limit, let key = smallestKey() {
            let observations = try take(key)
            group.append(try TagReference(parsing: String(decoding: key, as: UTF8.self)), observations)
        }
        return group.tags.isEmpty ? nil : group
    }

    /// Remembers that everything up to a tag is in the database.
    func note(done reference: TagReference) throws {
        guard spool.isKept, !isInMemory else { return }
        try Data(reference.description.utf8).write(to: spool.url("done"), options: .atomic)
    }

    func remove() { try? FileManager.default.removeItem(at: spool.folder) }

    private func smallestKey() -> [UInt8]? {
        var smallest: [UInt8]?
        for run in runs {
            guard let key = run.head?.key else { continue }
            if smallest.map({ Self.order(key, $0) < 0 }) ?? true { smallest = key }
        }
        return smallest
    }

    private mutating func take(_ key: [UInt8]) throws -> [Observation] {
        var observations: [Observation] = []
        for index in runs.indices {
            while let row = runs[index].head, row.key == key {
                observations.append(row.observation)
                try runs[index].advance()
            }
        }
        return observations
    }

    private mutating func writeRun() throws {
        if files == 0 { try FileManager.default.createDirectory(at: spool.folder, withIntermediateDirectories: true) }
        try Data(buffer.takeSorted()).write(to: spool.url("run-\(files)"))
        files += 1
    }

    private static func order(_ left: [UInt8], _ right: [UInt8]) -> Int {
        left.withUnsafeBytes { left in right.withUnsafeBytes { compare(left, $0) } }
    }
}

/// Whole tags of an import.
struct ImportGroup: Sendable {
    private(set) var tags: [(reference: TagReference, observations: [Observation])] = []
    private(set) var count = 0

    mutating func append(_ reference: TagReference, _ observations: [Observation]) {
        tags.append((reference, observations))
        count += observations.count
    }
}

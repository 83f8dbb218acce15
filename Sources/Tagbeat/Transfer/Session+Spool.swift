import Foundation
import Store

extension Session {
    /// Where an import of a file waits; what is there of the same state of the same file goes on.
    func importSpool(of file: String, _ options: String) async throws -> ImportSpool {
        let url = URL(fileURLWithPath: file)
        guard file != "-", let state = try? FileManager.default.attributesOfItem(atPath: url.path),
            state[.type] as? FileAttributeType == .typeRegular
        else { return temporarySpool() }
        let changed = (state[.modificationDate] as? Date)?.timeIntervalSince1970 ?? 0
        let source = "\(url.standardizedFileURL.path) \(state[.size] ?? 0) \(changed) \(options)"
        return ImportSpool(in: spools(), source: source, database: try await store.identity())
    }

    /// Of another program's database in one state.
    func importSpool(ofDatabase state: String, _ options: String) async throws -> ImportSpool {
        ImportSpool(in: spools(), source: "\(state) \(options)", database: try await store.identity())
    }

    func temporarySpool() -> ImportSpool { .temporary(in: spools()) }

    /// In the data folder, or where that cannot be written, as beside a database elsewhere, among temporary files. What
    /// earlier imports left there in vain is removed.
    private func spools() -> URL {
        let own = URL(fileURLWithPath: settings.dataDirectory).appendingPathComponent("imports")
        let isOurs = (try? FileManager.default.createDirectory(at: own, withIntermediateDirectories: true)) != nil
        let folder =
            isOurs && FileManager.default.isWritableFile(atPath: own.path)
            ? own : FileManager.default.temporaryDirectory.appendingPathComponent("tagbeat-imports")
        ImportSpool.removeForgotten(in: folder)
        return folder
    }
}

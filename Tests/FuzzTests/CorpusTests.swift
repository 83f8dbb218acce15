import Foundation
import Testing

/// What fuzzing began with and what it found, once more through every parser. New inputs come from `.ci/fuzz`.
@Suite struct CorpusTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../Fuzz/Corpus").standardizedFileURL

    private static func names(in folder: URL) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { !$0.hasPrefix(".") }.sorted()
    }

    @Test func everyParserHasACorpus() throws {
        #expect(try Self.names(in: Self.folder) == FuzzedParser.all.map(\.name).sorted())
    }

    @Test(arguments: FuzzedParser.all.map(\.name))
    func keptInputs(_ name: String) throws {
        let parser = try #require(FuzzedParser.all.first { $0.name == name })
        let folder = Self.folder.appending(path: name)
        let files = try Self.names(in: folder)
        #expect(!files.isEmpty)
        for file in files {
            let bytes = [UInt8](try Data(contentsOf: folder.appending(path: file)))
            #expect(bytes.count <= parser.longest)
            let start = ContinuousClock.now
            #expect(throws: Never.self, "\(name)/\(file)") { try parser.run(bytes) }
            // Generous, because tests run beside others; .ci/fuzz measures.
            #expect(start.duration(to: .now) < .seconds(5), "\(name)/\(file)")
        }
    }
}

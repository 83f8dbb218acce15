import Testing

@testable import TagHistory

@Suite("Traces")
struct TraceTests {
    @Test("Tags, their changes and the window of whole days")
    func reading() throws {
        let trace = try trace(
            """
            image,tag,epoch,kind
            a,1,1000,B
            a,1,2000,C
            a,1,2000,C
            a,1,3000,D
            a,2,1500,N\r
            b,1,1000,B
            b,1,90000,C

            """)
        #expect(trace.repositories == 2 && trace.tags == 3 && trace.numberOfChanges == 3)
        #expect(trace.repository == [0, 0, 1])
        #expect(trace.listed == [1000, 1500, 1000])
        #expect(trace.changes == [2000, 2000, 90000])
        #expect((0..<3).map { trace.endOfChanges(of: $0) } == [2, 2, 3])
        #expect(trace.start == 1000 && trace.end == 1000 + 2 * 86_400)
    }

    @Test(
        "Hostile lines are refused by their number",
        arguments: [
            ("", 1), ("image,tag,epoch\n", 1), ("a,1,5,B", 1), ("H\na,1,5", 2), ("H\na,1,5,B,x", 2), ("H\n,1,5,B", 2),
            ("H\na,,5,B", 2), ("H\na,1,x,B", 2), ("H\na,1,-5,B", 2), ("H\na,1,,B", 2), ("H\na,1,5,X", 2),
            ("H\na,1,5,", 2), ("H\na,1,99999999999999999999,B", 2), ("H\na,1,999999999999,B", 2), ("H\na,1,5,C", 2),
            ("H\na,1,5,B\na,1,6,N", 3), ("H\na,1,5,B\na,1,4,C", 3), ("H\na,1,5,B\na,2,5,B\na,1,6,C", 4),
            ("H\na,1,5,B\nb,1,5,B\na,2,6,B", 4), ("H\na,1,5,B\na,1,4000000000,C", 3),
            ("H\n" + String(repeating: "a", count: 256) + ",1,5,B", 2),
        ])
    func hostile(text: String, line: Int) {
        let text = text.replacing("H\n", with: "image,tag,epoch,kind\n", maxReplacements: 1)
        #expect { try trace(text) } throws: { ($0 as? TraceError)?.line == line }
    }

    @Test("Nothing is no trace")
    func nothing() {
        #expect(throws: TraceError(line: nil, reason: "the trace has no tags")) { try trace("image,tag,epoch,kind\n") }
    }
}

func trace(_ text: String) throws -> Trace {
    var reader = TraceReader()
    for line in Array(text.utf8).split(separator: 0x0A, omittingEmptySubsequences: false) { try reader.read(line) }
    return try reader.finish()
}

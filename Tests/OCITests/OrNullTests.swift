import Foundation
import OCI
import Testing

@Suite struct OrNullTests {
    private struct Answer: Codable, Hashable {
        let name: String
        @OrNull var count: Int?
        @OrNull var digest: Digest?
    }

    @Test(
        arguments: [
            (nil, #"{"count":null,"digest":null,"name":"a"}"#), (7, #"{"count":7,"digest":null,"name":"a"}"#),
        ] as [(Int?, String)])
    func everyMemberIsWritten(_ count: Int?, _ text: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let answer = Answer(name: "a", count: count, digest: nil)
        #expect(String(decoding: try encoder.encode(answer), as: UTF8.self) == text)
        #expect(try JSONDecoder().decode(Answer.self, from: Data(text.utf8)) == answer)
    }

    @Test func absentIsNull() throws {
        let answer = try JSONDecoder().decode(Answer.self, from: Data(#"{"name":"a","count":1}"#.utf8))
        #expect(answer == Answer(name: "a", count: 1, digest: nil))
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(Answer.self, from: Data(#"{"name":"a","count":"1"}"#.utf8))
        }
    }
}

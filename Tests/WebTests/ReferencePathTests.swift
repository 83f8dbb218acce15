import HTTPTypes
import OCI
import Testing

@testable import Web

@Suite struct ReferencePathTests {
    @Test(arguments: [
        ("/tags/python", "docker.io/library/python:latest"),
        ("/tags/python:3.12", "docker.io/library/python:3.12"),
        ("/tags/docker.io/library/python:3.12", "docker.io/library/python:3.12"),
        ("/tags/docker.io%2Flibrary%2fpython%3A3.12", "docker.io/library/python:3.12"),
        ("/tags/ghcr.io/owner/name", "ghcr.io/owner/name:latest"),
        ("/tags/localhost:5000/a/b:c", "localhost:5000/a/b:c"),
        ("/tags/%5B::1%5D:5000/a:b", "[::1]:5000/a:b"),
        ("/tags/[::1]:5000/a:b", "[::1]:5000/a:b"),
    ])
    func aReferenceStandsRawOrEncoded(path: String, reference: String) throws {
        #expect(try ReferencePath.reference(of: path, after: "/tags/").description == reference)
    }

    @Test(arguments: [
        "/tags/", "/tags//", "/tags//python", "/tags/python/", "/tags/Python", "/tags/python:", "/tags/a b",
        "/tags/python%00", "/tags/%00", "/tags/python:3.12%20", "/tags/%2e%2e/%2e%2e/etc/passwd", "/tags/<script>",
        "/tags/python@sha256:" + String(repeating: "a", count: 64),
        "/tags/python%40sha256:" + String(repeating: "a", count: 64),
        "/tags/" + String(repeating: "a", count: 10_000), "/tags/%zz", "/tags/https://ghcr.io/a/b",
    ])
    func whatIsNoTagIs422(path: String) {
        let problem = #expect(throws: Problem.self) { try ReferencePath.reference(of: path, after: "/tags/") }
        #expect(problem?.status.code == 422)
        #expect(problem.map { $0.detail.utf8.count < 700 } == true)
    }

    @Test(arguments: ["/tags/%ff", "/tags/python%c3"])
    func bytesThatAreNoTextAre400(path: String) {
        let problem = #expect(throws: Problem.self) { try ReferencePath.reference(of: path, after: "/tags/") }
        #expect(problem?.status.code == 400)
    }

    @Test(arguments: [("a%20b", "a b"), ("100%", "100%"), ("%4", "%4"), ("%c3%A4", "ä"), ("a+b", "a+b")])
    func percentsAreDecoded(text: String, decoded: String) {
        #expect(PercentCoding.decoded(text) == decoded)
    }

    @Test(arguments: ["", "python:3.12", "a b&c=d+e%ä\u{0}", "/?#[]@"])
    func whatIsEncodedIsDecodedAgain(text: String) {
        let encoded = PercentCoding.encoded(text)
        #expect(PercentCoding.decoded(encoded, plusIsSpace: true) == text)
        #expect(!encoded.contains { "&=+ #?\"<>".contains($0) })
    }
}

import OCI
import Testing

private let sha256 = "sha256:" + String(repeating: "ab", count: 32)
private let sha512 = "sha512:" + String(repeating: "cd", count: 64)
private let hex64 = String(repeating: "1a", count: 32)

struct ReadReference: Sendable, CustomTestStringConvertible {
    let input, registry, path: String
    let tag: String?
    var digest: String?

    init(_ input: String, _ registry: String, _ path: String, _ tag: String?, _ digest: String? = nil) {
        (self.input, self.registry, self.path, self.tag, self.digest) = (input, registry, path, tag, digest)
    }

    var testDescription: String { String(input.prefix(60)) }
    var canonical: String { "\(registry)/\(path)" + (tag.map { ":" + $0 } ?? "") + (digest.map { "@" + $0 } ?? "") }
}

@Suite struct ReferenceTests {
    static let good: [ReadReference] = [
        .init("python", "docker.io", "library/python", "latest"),
        .init("python:3.12", "docker.io", "library/python", "3.12"),
        .init("docker.io/python", "docker.io", "library/python", "latest"),
        .init("docker.io/library/python:3.12", "docker.io", "library/python", "3.12"),
        .init("index.docker.io/library/python", "docker.io", "library/python", "latest"),
        .init("registry-1.docker.io/python", "docker.io", "library/python", "latest"),
        .init("Docker.IO/grafana/grafana", "docker.io", "grafana/grafana", "latest"),
        .init("docker.io./grafana/grafana", "docker.io", "grafana/grafana", "latest"),
        .init("grafana/grafana:11", "docker.io", "grafana/grafana", "11"),
        .init("a/b/c", "docker.io", "a/b/c", "latest"),
        .init("ghcr.io/owner/name:v1", "ghcr.io", "owner/name", "v1"),
        .init("ghcr.io/single", "ghcr.io", "single", "latest"),
        .init("quay.io:443/a/b", "quay.io:443", "a/b", "latest"),
        .init("localhost/name", "localhost", "name", "latest"),
        .init("LOCALHOST/name", "localhost", "name", "latest"),
        .init("localhost:5000/a/b:v42", "localhost:5000", "a/b", "v42"),
        .init("localhost:5000", "docker.io", "library/localhost", "5000"),
        .init("127.0.0.1:5000/image:v42", "127.0.0.1:5000", "image", "v42"),
        .init("192.168.1.1:tag", "docker.io", "library/192.168.1.1", "tag"),
        .init("registry:5000/group/image", "registry:5000", "group/image", "latest"),
        .init("Registry:5000/group/image", "registry:5000", "group/image", "latest"),
        .init("Registry.Example.COM/group/image:V42", "registry.example.com", "group/image", "V42"),
        // Without its capitals the name would be docker.io/example/group-image: they stay.
        .init("EXAMPLE/group-image:V42", "EXAMPLE", "group-image", "V42"),
        .init("Example-1/image:1.0-BETA", "Example-1", "image", "1.0-BETA"),
        .init("example-A/group/image:v42", "example-A", "group/image", "v42"),
        .init("example./g/roup/image:a", "example.", "g/roup/image", "a"),
        .init("example.:5000/g/roup/image:a", "example.:5000", "g/roup/image", "a"),
        .init("example.com./g:a", "example.com", "g", "a"),
        .init("e.xample.co/g-r.o__u_p/im----age:a", "e.xample.co", "g-r.o__u_p/im----age", "a"),
        .init("[2001:db8::1]/repo", "[2001:db8::1]", "repo", "latest"),
        .init("[2001:DB8:0:0:0:0:0:1]:5000/repo:tag", "[2001:db8::1]:5000", "repo", "tag"),
        .init("[2001:db8:1:2:3:4:5:6]/repo:tag", "[2001:db8:1:2:3:4:5:6]", "repo", "tag"),
        .init("[2001:db8::]:5000/repo", "[2001:db8::]:5000", "repo", "latest"),
        .init("[::1]:5000/repo", "[::1]:5000", "repo", "latest"),
        .init("[::]:5000/repo", "[::]:5000", "repo", "latest"),
        .init("xn--n3h.com/myimage:xn--n3h.com", "xn--n3h.com", "myimage", "xn--n3h.com"),
        .init(
            "b.gcr.io/test.example.com/my-app:test.example.com", "b.gcr.io", "test.example.com/my-app",
            "test.example.com"),
        .init("foo_bar.com:8080", "docker.io", "library/foo_bar.com", "8080"),
        .init("foo/foo_bar.com:8080", "docker.io", "foo/foo_bar.com", "8080"),
        .init("lowercase:Uppercase", "docker.io", "library/lowercase", "Uppercase"),
        .init("a:_under", "docker.io", "library/a", "_under"),
        .init("\(hex64):1", "docker.io", "library/\(hex64)", "1"),
        .init("owner/\(hex64)", "docker.io", "owner/\(hex64)", "latest"),
        .init("\(hex64)0", "docker.io", "library/\(hex64)0", "latest"),
        .init("python@\(sha256)", "docker.io", "library/python", nil, sha256),
        .init("python:3.12@\(sha256)", "docker.io", "library/python", "3.12", sha256),
        .init("registry:5000/group/image:x@\(sha512)", "registry:5000", "group/image", "x", sha512),
        .init(
            "r.example/" + String(repeating: "a", count: 255), "r.example", String(repeating: "a", count: 255), "latest"
        ),
        .init(
            "python:" + String(repeating: "t", count: 128), "docker.io", "library/python",
            String(repeating: "t", count: 128)),
    ]

    @Test(arguments: good) func isRead(_ row: ReadReference) throws {
        let reference = try Reference(parsing: row.input)
        #expect(reference.repository.registry.name == row.registry)
        #expect(reference.repository.path == row.path)
        #expect(reference.tag?.name == row.tag)
        #expect(reference.digest?.description == row.digest)
        #expect(reference.description == row.canonical)
    }

    @Test(arguments: good) func canonicalFormReadsAsItself(_ row: ReadReference) throws {
        let reference = try Reference(parsing: row.input)
        #expect(try Reference(parsing: reference.description) == reference)
        #expect(try Repository(parsing: reference.repository.description) == reference.repository)
        #expect(try Repository(parsing: reference.repository.familiar) == reference.repository)
        #expect(try Registry(parsing: reference.repository.registry.name) == reference.repository.registry)
    }

    static let bad: [(String, ReferenceError.Code)] = [
        ("", .empty), (":", .empty), (":tag", .empty), ("@\(sha256)", .empty), ("ghcr.io/", .empty),
        ("https://github.com/docker/docker", .url), ("docker://python", .url),
        ("docker/Docker", .upperCaseRepository), ("Uppercase:tag", .upperCaseRepository),
        ("test:5000/Uppercase/lowercase:tag", .upperCaseRepository),
        ("docker.io/Upper/Case/Repo:tag", .upperCaseRepository),
        ("-docker", .badRepository), ("-docker/docker", .badRepository), ("docker///docker", .badRepository),
        ("docker.io/docker///docker", .badRepository), ("project/image-:tag", .badRepository),
        ("project/image___x:tag", .badRepository), ("project/star*:tag", .badRepository), ("a..b", .badRepository),
        ("a._b", .badRepository), ("a/", .badRepository), ("/a", .badRepository), ("_a/b", .badRepository),
        ("a/.b", .badRepository), ("a%2fb", .badRepository), ("../etc/passwd", .badHost),
        ("a/../b", .badRepository), ("aa/asdf$$^/aa", .badRepository),
        ("-docker.io/docker/docker", .badHost), ("docker-.io/project/image:tag", .badHost), ("a..b/c", .badHost),
        (".a/c", .badHost), ("my_host.com/c", .badHost), ("./a", .badHost), ("user@host.com/a", .badDigest),
        ("host.com:/a", .badPort), ("host.com:0/a", .badPort), ("host.com:65536/a", .badPort), ("h:080/a", .badPort),
        ("host.com:x/a", .badPort), ("host.com:99999999999999999999/a", .badPort), ("host.com:1:2/a", .badPort),
        ("[fe80::1%eth0]:5000/repo", .badHost), ("[2001:db8:3:4::192.0.2.33]:5000/debian", .badHost),
        ("[::1]x/a", .badHost), ("[::1/a", .badHost), ("[]/a", .badRepository), ("[1:2:3]/a", .badHost),
        ("[1:2:3:4:5:6:7:8:9]/a", .badHost), ("[1::2::3]/a", .badHost), ("[:::]/a", .badHost),
        ("[12345::]/a", .badHost), ("[1:2:3:4:5:6:7:8::]/a", .badHost), ("[g::1]/a", .badHost),
        ("fc00::1:5000/debian", .badPort), ("[::1]", .badRepository), ("[::1]:5000", .badRepository),
        ("python:", .badTag), ("python:.x", .badTag), ("python:-x", .badTag), ("project/image:tag^1", .badTag),
        ("foo/bar:80/baz", .badTag), ("python:a:b", .badTag),
        ("python:" + String(repeating: "t", count: 129), .tagTooLong),
        ("python@", .badDigest), ("python@sha256:12345", .badDigest), ("python@" + sha256.uppercased(), .badDigest),
        ("python@sha384:" + String(repeating: "a", count: 96), .badDigest), ("python@\(sha256)@\(sha256)", .badDigest),
        ("python@\(sha256)0", .badDigest), ("python@sha256:" + String(repeating: "g", count: 64), .badDigest),
        (hex64, .bareIdentifier),
        ("r.example/" + String(repeating: "a", count: 256), .repositoryTooLong),
        (String(repeating: "a", count: 248), .repositoryTooLong),
        (String(repeating: "a/", count: 128) + "a", .repositoryTooLong),
        (String(repeating: "a.", count: 127) + "a/b", .badHost),
        (" python", .badCharacter), ("python ", .badCharacter), ("py\nthon", .badCharacter),
        ("py\0thon", .badCharacter),
        ("pythön", .badCharacter), ("\u{202e}nohtyp", .badCharacter), ("py\u{7f}", .badCharacter),
        (String(repeating: "a", count: 1_000_000), .tooLong),
    ]

    @Test(arguments: bad) func isRefused(_ input: String, _ code: ReferenceError.Code) {
        let error = #expect(throws: ReferenceError.self) { try Reference(parsing: input) }
        #expect(error?.code == code)
        let text = error?.description ?? ""
        #expect(text.utf8.count < 1_200)
        #expect(!text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7f || $0 == "\u{202e}" })
        // Where a reference is refused, so is what is made of it.
        #expect(throws: ReferenceError.self) { try TagReference(parsing: input) }
    }

    @Test func everyErrorSaysWhatWouldBeRight() {
        for code in ReferenceError.Code.allCases where code != .empty {
            guard let row = Self.bad.first(where: { $0.1 == code }) else { continue }
            let error = #expect(throws: ReferenceError.self) { try Reference(parsing: row.0) }
            #expect(error?.description.contains(".") == true)
            #expect(error?.description.hasPrefix("\"") == true)
        }
    }

    @Test func longInputIsRefusedQuickly() {
        let input = String(repeating: "a/", count: 5_000_000)
        let clock = ContinuousClock()
        let time = clock.measure {
            for _ in 0..<1_000 { #expect(throws: ReferenceError.self) { try Reference(parsing: input) } }
        }
        #expect(time < .seconds(5))
    }

    @Test func substringsAreRead() throws {
        let line = "image: python:3.12 # comment"
        let word = try #require(line.split(separator: " ").dropFirst().first)
        #expect(try TagReference(parsing: word).description == "docker.io/library/python:3.12")
    }

    @Test func pinnedIsNotTracked() throws {
        let error = #expect(throws: ReferenceError.self) { try TagReference(parsing: "python:3.12@\(sha256)") }
        #expect(error?.code == .digestNotAllowed)
        let reference = try Reference(parsing: "python@\(sha256)")
        #expect(reference.isPinned)
        #expect(throws: ReferenceError.self) { try TagReference(reference) }
        #expect(try TagReference(Reference(parsing: "python")) == TagReference(parsing: "python:latest"))
    }

    @Test(arguments: [
        ("docker.io/library/python:3.12", "python:3.12"), ("grafana/grafana", "grafana/grafana:latest"),
        ("ghcr.io/a/b:1", "ghcr.io/a/b:1"), ("docker.io/localhost/x:1", "docker.io/localhost/x:1"),
        ("docker.io/foo.bar/x:1", "docker.io/foo.bar/x:1"), ("docker.io/library/a/b:1", "library/a/b:1"),
        ("docker.io/library/\(hex64):1", "docker.io/library/\(hex64):1"),
    ]) func familiarNames(_ input: String, _ familiar: String) throws {
        let reference = try TagReference(parsing: input)
        #expect(reference.familiar == familiar)
        #expect(try TagReference(parsing: familiar) == reference)
    }

    @Test func registriesAndRepositoriesAlone() throws {
        #expect(try Registry(parsing: "index.docker.io") == .dockerHub)
        #expect(try Registry(parsing: "[::1]:5000").host == "::1")
        #expect(try Registry(parsing: "[::1]:5000").port == 5000)
        #expect(try Registry(parsing: "docker.io:443") != .dockerHub)
        #expect(throws: ReferenceError.self) { try Registry(parsing: "build") }
        #expect(throws: ReferenceError.self) { try Registry(parsing: "ghcr.io/a") }
        #expect(throws: ReferenceError.self) { try Registry(parsing: "") }
        #expect(try Repository(registry: .dockerHub, path: "python").path == "library/python")
        #expect(try Repository(registry: Registry(parsing: "ghcr.io"), path: "python").path == "python")
        let error = #expect(throws: ReferenceError.self) { try Repository(parsing: "ghcr.io/a/b:1") }
        #expect(error?.code == .tagNotAllowed)
        #expect(throws: ReferenceError.self) { try Repository(registry: .dockerHub, path: "a:1") }
    }

    @Test func orderIsByRegistryThenPathThenTag() throws {
        let sorted = try ["quay.io/a/a:1", "ghcr.io/b/a:2", "ghcr.io/b/a:1", "ghcr.io/a/z:9"]
            .map { try TagReference(parsing: $0) }.sorted().map(\.description)
        #expect(sorted == ["ghcr.io/a/z:9", "ghcr.io/b/a:1", "ghcr.io/b/a:2", "quay.io/a/a:1"])
    }
}

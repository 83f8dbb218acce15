import Foundation
import OCI
import Testing

@Suite struct MediaTypeTests {
    @Test(arguments: [
        ("application/vnd.oci.image.index.v1+json", MediaType.ociIndex),
        ("Application/VND.oci.image.manifest.v1+JSON ; charset=utf-8", .ociManifest),
        (" application/vnd.docker.distribution.manifest.list.v2+json;x", .dockerManifestList),
        ("application/vnd.docker.distribution.manifest.v2+json", .dockerManifest),
    ]) func known(_ header: String, _ expected: MediaType) throws {
        let type = try #require(MediaType(header: header))
        #expect(type == expected)
        #expect(type.isIndex != type.isManifest)
        #expect(try JSONDecoder().decode([MediaType].self, from: JSONEncoder().encode([type])) == [type])
    }

    @Test(arguments: [
        "", "/", "text", "text/", "/html", "a/b/c", "te xt/html", "text/ht\nml", "täxt/html", ";text/html",
    ])
    func refused(_ header: String) {
        #expect(MediaType(header: header) == nil)
    }

    @Test func others() throws {
        let html = try #require(MediaType(header: "text/html; charset=utf-8"))
        #expect(html.description == "text/html")
        #expect(!html.isIndex && !html.isManifest)
    }
}

@Suite struct PlatformTests {
    // https://github.com/containerd/platforms/blob/main/platforms_test.go
    @Test(arguments: [
        (Platform(os: "linux", architecture: "amd64"), "linux/amd64"),
        (Platform(os: "Linux", architecture: "x86_64", variant: "v1"), "linux/amd64"),
        (Platform(os: "linux", architecture: "amd64", variant: "v3"), "linux/amd64/v3"),
        (Platform(os: "linux", architecture: "arm64", variant: "v8"), "linux/arm64"),
        (Platform(os: "linux", architecture: "aarch64"), "linux/arm64"),
        (Platform(os: "linux", architecture: "arm"), "linux/arm/v7"),
        (Platform(os: "linux", architecture: "armhf"), "linux/arm/v7"),
        (Platform(os: "linux", architecture: "arm", variant: "v6"), "linux/arm/v6"),
        (Platform(os: "linux", architecture: "i386"), "linux/386"),
        (Platform(os: "macOS", architecture: "arm64", variant: ""), "darwin/arm64"),
        (Platform(os: "windows", architecture: "amd64", osVersion: "10.0.17763.6054"), "windows(10.0.17763)/amd64"),
        (Platform(os: "linux", architecture: "amd64", osVersion: "5"), "linux/amd64"),
    ]) func spellings(_ platform: Platform, _ text: String) throws {
        #expect(platform.description == text)
        #expect(Platform(parsing: text) == platform)
        #expect(try JSONDecoder().decode([Platform].self, from: JSONEncoder().encode([platform])) == [platform])
    }

    @Test(arguments: ["", "linux", "/", "linux/", "/amd64", "a/b/c/d", "lin ux/amd64", "windows(/amd64", "(1)/amd64"])
    func refused(_ text: String) {
        #expect(Platform(parsing: text) == nil)
    }

    @Test func unknownIsNoImage() {
        #expect(Platform(os: "unknown", architecture: "unknown").isUnknown)
        #expect(!Platform(os: "linux", architecture: "riscv64").isUnknown)
    }
}

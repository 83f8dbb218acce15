import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import OCI
import Store
import Testing

@testable import Web

@Suite struct DocumentTests {
    private static func document() throws -> APIDocument {
        try Resources().document(version: "1.2.3", publicURL: nil)
    }

    /// A route's address ends with stars where the document has parameters.
    private static func matches(_ path: String, route: String) -> Bool {
        guard let star = route.firstIndex(of: "*") else { return path == route }
        return path.hasPrefix(route[..<star]) && path.count > route[..<star].count
    }

    @Test func everyRouteIsInTheDocumentAndNothingElse() async throws {
        let paths = try Self.document().content.paths
        let described = Set(paths.flatMap { path, methods in methods.keys.map { "\($0.uppercased()) \(path)" } })
        try await TestSite.run(hasWorker: false) { site in
            let routes = try Site(
                store: site.store, settings: WebSettings(), clock: { TestSite.now }, logger: Logger(label: "test")
            ).routes
                .flatMap { route in route.handlers.keys.map { (method: $0.rawValue, path: route.path.description) } }
            for route in routes {
                #expect(
                    paths.contains {
                        Self.matches($0.key, route: route.path) && $0.value[route.method.lowercased()] != nil
                    }, "\(route)")
            }
            for operation in described {
                let parts = operation.split(separator: " ")
                #expect(
                    routes.contains { $0.method == parts[0] && Self.matches(String(parts[1]), route: $0.path) },
                    "\(operation)")
            }
        }
    }

    @Test func everyDescribedAddressAnswersAsDescribed() async throws {
        let document = try Self.document().content
        try await TestSite.run(hasWorker: false) { site in
            for (path, methods) in document.paths.sorted(by: { $0.key < $1.key }) {
                // Stops what the others look at.
                for (method, operation) in methods where method != "delete" {
                    try await site.seed(TestSite.python, [(30, 1), (20, 2), (2, 3)])
                    let body = operation.requestBody?.content.keys.first
                    let answer = try await site.send(
                        try #require(HTTPRequest.Method(rawValue: method.uppercased())), Self.address(path),
                        body: body.map { $0.hasSuffix("json") ? #"{"image":"python:3.12"}"# : "image=python:3.12" },
                        headers: body.map { [.contentType: $0] } ?? [:])
                    let described = try #require(
                        operation.responses["\(answer.status)"]?.resolved(in: document.components.responses),
                        "\(method) \(path): \(answer.status)")
                    #expect(answer.status < 500 && answer.status != 405)
                    let type = answer.headers[.contentType]?.split(separator: ";").first.map(String.init)
                    #expect(type.map { described.content?[$0] != nil } ?? true, "\(method) \(path): \(type ?? "")")
                    let isKept = method == "get" && answer.headers[.eTag] != nil
                    #expect(isKept == (operation.responses["304"] != nil && answer.status == 200), "\(method) \(path)")
                }
            }
        }
    }

    private static func address(_ path: String) -> String {
        let values = [
            "reference": TestSite.examplePath, "kind": "frequency", "file": "tagbeat.css",
            "registry": "docker.io", "repository": "library/python", "digest": Digest.numbered(3).description,
        ]
        let address = values.reduce(path) { $0.replacing("{\($1.key)}", with: $1.value) }
        return path.hasSuffix("/compare") ? address + "?image=python:3.12&image=python:3.12" : address
    }

    @Test func theDocumentIsServedAndShown() async throws {
        try await TestSite.run(hasWorker: false) { site in
            let answer = try await site.get("/api/v1/openapi.json")
            #expect(answer.json["openapi"] as? String == "3.1.0")
            #expect((answer.json["info"] as? [String: Any])?["version"] as? String == "1.2.3")
            let tag = try #require(answer.headers[.eTag])
            #expect(try await site.get("/api/v1/openapi.json", headers: [.ifNoneMatch: tag]).status == 304)
            let page = try await site.get("/docs").text
            let document = try Self.document().content
            for path in document.paths.keys { #expect(page.contains("</strong> \(path)</code>"), "\(path)") }
            for (name, schema) in document.components.schemas where schema.properties != nil {
                #expect(page.contains("id=\"model-\(name)\""), "\(name)")
            }
            #expect(!page.contains("http://") && !page.contains("<style") && !page.contains(" style="))
        }
    }

    /// Every reference leads somewhere.
    @Test func referencesAreKnown() throws {
        let document = try Self.document()
        let text = String(decoding: document.json, as: UTF8.self)
        let components = document.content.components
        for match in text.matches(of: /"#\/components\/(\w+)\/(\w+)"/) {
            let name = String(match.2)
            let isKnown =
                switch match.1 {
                case "schemas": components.schemas[name] != nil
                case "responses": components.responses[name] != nil
                default: components.parameters[name] != nil
                }
            #expect(isKnown, "\(match.0)")
        }
    }
}

extension TestSite {
    static let examplePath = "docker.io/library/python:3.12"
}

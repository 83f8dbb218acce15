import Foundation
import Mustache

/// What lies beside the binary: templates and assets, looked for once at the start.
struct Resources: Sendable {
    let assets: Assets
    private let library: MustacheLibrary

    static let templates = ["layout", "moment", "badge", "banner", "overview", "tag", "status", "error"]

    /// - Throws: ``WebError`` where the resource bundle was not installed with the binary.
    init() throws(WebError) {
        let folder = Bundle.module.bundleURL.appendingPathComponent("Resources")
        var templates: [String: MustacheTemplate] = [:]
        for name in Self.templates {
            let file = folder.appendingPathComponent("templates/\(name).mustache")
            guard let text = try? String(contentsOf: file, encoding: .utf8) else {
                throw .missingResources(file.path)
            }
            // The line break at a partial's end would stand between a text and what follows it.
            let isPartial = ["moment", "badge"].contains(name)
            do {
                templates[name] = try MustacheTemplate(string: isPartial ? String(text.dropLast()) : text)
            } catch {
                throw .badTemplate("\(name): \(error)")
            }
        }
        library = MustacheLibrary(templates: templates)
        assets = try Assets(folder: folder.appendingPathComponent("assets"))
    }

    func renderer(version: String) -> PageRenderer {
        PageRenderer(
            library: library,
            site: .init(
                version: version, stylesheet: assets.address("tagbeat.css"), script: assets.address("tagbeat.js"),
                icon: assets.address("tagbeat.svg")))
    }
}

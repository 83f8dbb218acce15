import Foundation
import Mustache

/// What lies beside the binary: templates and assets, looked for once at the start.
struct Resources: Sendable {
    let assets: Assets
    private let folder: URL
    private let library: MustacheLibrary

    static let templates = [
        "layout", "banner", "unreadable", "stripkey", "box", "tags", "taglistbody", "taglist",
        "hero", "lately", "overview", "images", "compare", "offered", "tag", "repository", "status", "error",
        "docstype", "docs",
    ]

    /// - Throws: ``WebError`` where the resource bundle was not installed with the binary.
    init(folder: URL? = nil) throws(WebError) {
        let folder = if let folder { folder } else { try Self.bundledFolder() }
        self.folder = folder
        MustacheContentTypes.register(PageText(), named: PageText.name)
        var templates: [String: MustacheTemplate] = [:]
        for name in Self.templates {
            let file = folder.appendingPathComponent("templates/\(name).mustache")
            guard let text = try? String(contentsOf: file, encoding: .utf8) else {
                throw .missingResources(file.path)
            }
            // The line break at a partial's end would stand between a text and what follows it.
            let isPartial = name == "docstype"
            do {
                templates[name] = try MustacheTemplate(
                    string: "{{% CONTENT_TYPE: \(PageText.name)}}\n" + (isPartial ? String(text.dropLast()) : text))
            } catch {
                throw .badTemplate("\(name): \(error)")
            }
        }
        library = MustacheLibrary(templates: templates)
        assets = try Assets(folder: folder.appendingPathComponent("assets"))
    }

    /// Beside the binary, or where this file was compiled. `Bundle.module` looks in such places too, but where it finds
    /// nothing it ends the process with a crash instead of an error.
    private static func bundledFolder() throws(WebError) -> URL {
        let installed = Bundle.main.bundleURL.appendingPathComponent("tagbeat_Web.resources/Resources")
        let compiled = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Resources")
        for folder in [installed, compiled] where FileManager.default.fileExists(atPath: folder.path) {
            return folder
        }
        throw .missingResources(installed.path)
    }

    /// - Throws: ``WebError``.
    func document(version: String, publicURL: String?) throws(WebError) -> APIDocument {
        try APIDocument(folder: folder.appendingPathComponent("openapi"), version: version, publicURL: publicURL)
    }

    func renderer(version: String) -> PageRenderer {
        PageRenderer(
            library: library,
            site: [
                "version": version, "stylesheet": assets.address("tagbeat.css"),
                "script": assets.address("tagbeat.js"), "icon": assets.address("tagbeat.svg"),
            ])
    }
}

/// How text stands in a page. The engine's own way goes by characters: a quotation mark with an accent on it is another
/// character to Swift, but to a browser it ends an attribute.
struct PageText: MustacheContentType {
    static let name = "PAGE"

    func escapeText(_ text: String) -> String { XMLText.escaped(text, isLong: true) }
}

import OCI
import Yams

extension SettingsFile {
    /// `presets: {Languages: [python:3.13-slim, node:22-slim]}`: groups of images on the first screen, in this order.
    mutating func readPresets(_ node: Node) {
        var presets: [PresetEntry] = []
        guard let mapping = node.mapping else {
            // An empty one means: none.
            if node.scalar?.string.isEmpty == true {
                self.presets = []
            } else {
                complain(node, "presets is not a list of `name: [image, …]`")
            }
            return
        }
        for (nameNode, node) in mapping {
            guard let name = nameNode.scalar?.string, !name.isEmpty, name.count <= 60, let images = node.sequence else {
                complain(nameNode, "a preset is `name: [image, …]`, with a name of 1 to 60 characters")
                continue
            }
            guard (1...Self.mostImages).contains(images.count) else {
                complain(nameNode, "the preset \(name.shown) has \(images.count) images; give 1 to \(Self.mostImages)")
                continue
            }
            presets.append(
                PresetEntry(name: name, images: images.compactMap { self.value($0, "presets", Self.tag) }))
        }
        self.presets = presets
    }

    private static let mostImages = 50

    private static func tag(_ text: String) throws(BadValue) -> TagReference {
        do {
            return try TagReference(parsing: text)
        } catch {
            throw BadValue("is not an image", right: "an image with a tag, such as python:3.13-slim")
        }
    }
}

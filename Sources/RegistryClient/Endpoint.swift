import OCI

/// Where a registry's distribution API answers, as the operator wrote it: `https://mirror.example/prefix`.
///
/// It may be a private address, another port and plain HTTP, because nobody but the operator can write it.
public struct Endpoint: Hashable, Sendable, CustomStringConvertible {
    let origin: Origin
    /// Without the last slash: empty, or `/prefix`.
    let path: String

    public init(parsing text: some StringProtocol) throws(SettingError) {
        guard let url = RemoteURL(parsing: text), !url.target.utf8.contains(UInt8(ascii: "?")) else {
            throw SettingError(
                "\"\(PrintableText.excerpt(text))\" is not an endpoint; write https://registry.example[:port][/path], "
                    + "and credentials apart from it")
        }
        origin = url.origin
        var path = url.target.withoutFinalSlashes
        // An endpoint is often copied with the API's own first part.
        if path.hasSuffix("/v2") { path = path.dropLast(3).withoutFinalSlashes }
        self.path = String(path)
    }

    init(origin: Origin, path: String = "") {
        self.origin = origin
        self.path = path
    }

    public var description: String { origin.description + path }
}

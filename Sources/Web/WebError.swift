/// Why the web room cannot start. One line that says what to do.
public enum WebError: Error, Sendable, Hashable, CustomStringConvertible {
    case missingResources(String)
    case badTemplate(String)
    /// Neither an address nor a range.
    case badProxy(String)

    public var description: String {
        switch self {
        case .missingResources(let path):
            "the folder \(path) is missing or incomplete: install tagbeat together with its .resources folders"
        case .badTemplate(let reason):
            "a page's template cannot be read: \(reason); install tagbeat's .resources folders again"
        case .badProxy(let text):
            "the trusted proxy \"\(text)\" is neither an address nor a range: write it as 10.0.0.1 or 10.0.0.0/8"
        }
    }
}

public import Foundation

/// A folder that goes when this object does.
public final class TemporaryFolder: Sendable {
    public let url: URL

    public init() throws {
        var template = Array("/tmp/tagbeat-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw ServerProcess.Failure("mkdtemp: errno \(errno)") }
        url = URL(filePath: String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self))
    }

    public var path: String { url.path }

    @discardableResult
    public func write(_ text: String, to name: String) throws -> String {
        let file = url.appending(path: name)
        try Data(text.utf8).write(to: file)
        return file.path
    }

    deinit {
        try? FileManager.default.removeItem(at: url)
    }
}

import Foundation
import Logging
import OCI
import Synchronization

/// One line a message on standard error, as text for people or as JSON for collectors.
struct LineLogHandler: LogHandler {

    let label: String
    let format: Settings.LogFormat
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        let line =
            switch format {
            case .plain: plain(event.level, "\(event.message)", all)
            case .json: json(event.level, "\(event.message)", all)
            }
        Console.note(line)
    }

    private func plain(_ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata) -> String {
        let pairs = metadata.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        // A line is a message: what came from outside may not begin one of its own.
        let text = (message + pairs).replacingOccurrences(of: "\n", with: " ⏎ ")
        return "\(Self.time()) \(level.rawValue.padding(toLength: 8, withPad: " ", startingAt: 0)) \(text)"
    }

    private func json(_ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata) -> String {
        var fields = metadata.mapValues { "\($0)" }
        fields["time"] = Self.time()
        fields["level"] = level.rawValue
        fields["message"] = message
        return (try? Console.json(fields)) ?? message
    }

    private static func time() -> String {
        let milliseconds = Timestamp.now().microseconds / 1000
        let second = Timestamp(seconds: milliseconds / 1000).description.dropLast()
        return "\(second).\(String(milliseconds % 1000 + 1000).dropFirst())Z"
    }
}

extension Logger {
    static func tagbeat(level: Logger.Level, format: Settings.LogFormat) -> Logger {
        Logger(label: "tagbeat") { LineLogHandler(label: $0, format: format, logLevel: level) }
    }
}

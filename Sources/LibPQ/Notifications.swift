/// What NOTIFY sent.
public struct Notification: Sendable, Hashable {
    public let channel: String
    public let payload: String
}

extension Connection {
    /// LISTENs on `channels`. The stream ends when the connection does.
    ///
    /// A connection has one listener: a second call takes over from the first. A reader that does not keep up loses the
    /// oldest of more than 4,096 notifications, so a notification must only ever say "look again".
    public func notifications(on channels: [String]) async throws -> AsyncStream<Notification> {
        let (stream, continuation) = AsyncStream.makeStream(of: Notification.self, bufferingPolicy: .bufferingNewest(4096))
        shared.listen(continuation)
        // The connection may have ended before the listener was known to it.
        if !isOpen { continuation.finish() }
        for channel in channels { try await runScript("LISTEN \(Self.quoted(identifier: channel))") }
        return stream
    }

    private static func quoted(identifier: String) -> String {
        "\"" + identifier.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}

/// What NOTIFY sent.
public struct Notification: Sendable, Hashable {
    public let channel: String
    public let payload: String
}

extension Connection {
    /// LISTENs on `channels`. The stream keeps the connection open while it is read, and ends when the connection does.
    ///
    /// A connection has one listener: a second call takes over from the first, whose stream ends. A reader that does not
    /// keep up loses the oldest of more than 4,096 notifications, so a notification must only ever say "look again".
    public func notifications(on channels: [String]) async throws -> AsyncStream<Notification> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: Notification.self, bufferingPolicy: .bufferingNewest(4096))
        // Without this the compiler may end the connection after the caller's last use of it, before the first reading.
        continuation.onTermination = { _ in withExtendedLifetime(self) {} }
        shared.listen(continuation)
        for channel in channels { try await runScript("LISTEN \(Self.quoted(identifier: channel))") }
        return stream
    }

    private static func quoted(identifier: String) -> String {
        "\"" + identifier.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}

import LibPQ
import TestSupport
import Testing

@Suite struct NotificationTests {
    private static let odd = "Tag \"moved\"; DROP TABLE t; é"

    @Test func reachOtherConnectionsAndOnlyTheChannelsListenedTo() async throws {
        let conninfo = try await PostgresServer.shared().makeDatabase()
        let listener = try await Connection.connect(to: conninfo)
        let sender = try await Connection.connect(to: conninfo)
        let stream = try await listener.notifications(on: ["plain", Self.odd])
        for (channel, payload) in [("plain", "1"), ("other", "2"), (Self.odd, "3 é"), ("plain", "")] {
            try await sender.run(Ask<Bool>("SELECT pg_notify($1, $2) IS NULL", channel, payload))
        }
        var received: [LibPQ.Notification] = []
        for await notification in stream {
            received.append(notification)
            if received.count == 3 { break }
        }
        #expect(received.map(\.channel) == ["plain", Self.odd, "plain"])
        #expect(received.map(\.payload) == ["1", "3 é", ""])
    }

    /// Notifications that arrive together with a statement's answer must not wait for the next traffic.
    @Test func comeAlsoToAConnectionThatIsWorking() async throws {
        let connection = try await freshConnection()
        var notifications = try await connection.notifications(on: ["self"]).makeAsyncIterator()
        for number in 0..<200 {
            try await connection.run(Ask<Bool>("SELECT pg_notify('self', $1) IS NULL", String(number)))
            #expect(await notifications.next()?.payload == String(number))
        }
    }

    @Test func streamKeepsItsConnectionAndEndsWithIt() async throws {
        let conninfo = try await PostgresServer.shared().makeDatabase()
        let sender = try await Connection.connect(to: conninfo)
        var stream = try await Connection.connect(to: conninfo).notifications(on: ["c"]) as AsyncStream?
        try await Task.sleep(for: .milliseconds(50))
        try await sender.run(Ask<Bool>("SELECT pg_notify('c', 'x') IS NULL"))
        var iterator = stream?.makeAsyncIterator()
        #expect(await iterator?.next()?.payload == "x")
        // Dropping the stream ends the session.
        (stream, iterator) = (nil, nil)
        let others = Ask<Int>("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        #expect(try await eventually { try await sender.first(others) == 1 })
        let closed = try await Connection.connect(to: conninfo)
        let ending = try await closed.notifications(on: ["c"])
        closed.close()
        for await _ in ending {}
    }

    @Test func secondListenerTakesOver() async throws {
        let connection = try await freshConnection()
        let first = try await connection.notifications(on: ["a"])
        let second = try await connection.notifications(on: ["b"])
        for await _ in first {}
        try await connection.run(Ask<Bool>("SELECT pg_notify('a', 'x') IS NULL"))
        for await notification in second {
            #expect(notification.channel == "a")
            break
        }
    }
}

import Foundation
import OCI
import TagHistory
import TestSupport

extension Scene {
    /// What happened, in seconds since 1970.
    struct Story: Sendable {
        var start = 0.0
        var end = 0.0
        var outages: [ClosedRange<Double>] = []
        /// When phase 1 and 2 began.
        var switches: [Double] = []
        var lives: [Workforce.Life] = []
        var exits: [Int32] = []

        /// The longest time in which this process itself stood still, and so everything else: then nothing can be said of
        /// workers.
        var standstill = 0.0
        /// How often a worker stood still for a while.
        var freezes = 0
        var kills: Int { lives.count { $0.wasKilled } }

        func life(of arrival: Arrival) -> Workforce.Life { lives[arrival.worker - 1] }

        /// Whether the answer may have been lost before the tag was asked for again: with its worker, because the database
        /// was away, or at the end.
        func mayHaveLost(_ arrival: Arrival, before time: Double = .infinity) -> Bool {
            // More than a batch takes.
            let seconds = time.isFinite ? time - arrival.at : 20
            if life(of: arrival).isLast(seconds, arrival.at), life(of: arrival).endedAt ?? time < time + 0.1 {
                return true
            }
            return outages.contains {
                $0.lowerBound < min(arrival.at + seconds, time) && $0.upperBound > arrival.at - 0.1
            }
        }

        /// Whether what happened lies in the time in which a row says that it did: an answer may be some seconds old.
        func spans(_ row: Change, phase: Int) -> Bool {
            guard row.kind != .first else { return row.notBefore == nil }
            let time = switches[phase - 1]
            return row.observedAt.unix >= time && row.notBefore.map { $0.unix <= time + 3 } ?? false
        }

        func summary(_ asked: AskedTags) -> String {
            let lasted = end - start
            return """
                \(asked.total) checks in \(Int(lasted)) s, \(Int(Double(asked.total) / lasted)) a second, \
                \(kills) kills, \(freezes) freezes, outages of \(outages.map { Int($0.upperBound - $0.lowerBound) }) s, \
                a standstill of \(standstill) s
                """
        }
    }

    /// Every few seconds a worker dies or stands still, the database is restarted twice, the digests change twice. At the
    /// end there is time to tidy up.
    /// - Parameter length: seconds.
    func play(for length: Double, seed: UInt64) async throws -> Story {
        let watch = Task { await Self.longestStandstill() }
        var story = try await act(for: length, seed: seed)
        watch.cancel()
        story.standstill = await watch.value
        return story
    }

    /// Until the task is cancelled.
    private static func longestStandstill() async -> Double {
        var longest = 0.0
        while !Task.isCancelled {
            let start = ContinuousClock.now
            try? await Task.sleep(for: .milliseconds(100))
            longest = max(longest, (ContinuousClock.now - start) / .seconds(1))
        }
        return longest
    }

    private func act(for length: Double, seed: UInt64) async throws -> Story {
        var random = SplitMix64(seed: seed)
        var story = Story()
        story.start = Timestamp.now().unix
        try await workforce.start(Self.workers)
        func isOver(_ part: Double) -> Bool { Timestamp.now().unix - story.start > part * length }
        while !isOver(1) {
            try await Task.sleep(for: .seconds(1.5 + 3 * random.nextUnit()))
            for phase in 1...2 where story.switches.count == phase - 1 && isOver(phase == 1 ? 0.25 : 0.6) {
                story.switches.append(try phases.begin(phase).unix)
            }
            let place = Int.random(in: 0..<Self.workers, using: &random)
            if story.outages.count < 2, isOver(story.outages.isEmpty ? 0.3 : 0.55) {
                story.outages.append(
                    try await restart(
                        immediately: story.outages.isEmpty, killing: place, after: 1 + 2 * random.nextUnit()))
            } else if random.nextUnit() < 0.25 {
                story.freezes += 1
                try await workforce.freeze(place, for: 1 + 4 * random.nextUnit())
            } else {
                try await workforce.replace(place)
            }
        }
        try await Task.sleep(for: .seconds(Self.look + 2))
        story.end = Timestamp.now().unix
        story.exits = await workforce.stop()
        story.lives = await workforce.lives
        return story
    }

    /// - Returns: how long nobody could reach the database.
    private func restart(immediately: Bool, killing place: Int, after pause: Double) async throws -> ClosedRange<Double>
    {
        let start = Timestamp.now().unix
        try await server.stop(immediately: immediately)
        try await Task.sleep(for: .seconds(pause))
        try await server.start()
        let end = Timestamp.now().unix
        try await workforce.replace(place)
        return start...end
    }
}

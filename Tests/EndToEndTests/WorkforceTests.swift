import Foundation
import OCI
import Store
import TagHistory
import TestSupport
import Testing

/// Four workers that are killed at random, over a database that is restarted twice: every tag is asked for once an
/// interval, none starves, nothing is recorded twice. What really was asked stands in the registries' own logs.
@Suite(.serialized) struct WorkforceTests {
    private static let environment = ProcessInfo.processInfo.environment
    /// With many, also `TAGBEAT_TEST_INTERVAL` should be longer.
    static let tags = environment["TAGBEAT_TEST_TAGS"].flatMap(Int.init) ?? 3_000
    /// Seconds: half of what a debug build's workers can do on two processors.
    static let interval = environment["TAGBEAT_TEST_INTERVAL"].flatMap(Double.init) ?? 12
    static let seed = environment["TAGBEAT_TEST_SEED"].flatMap(UInt64.init) ?? .random(in: 1...9_999)
    static let registries = 3

    @Test(.timeLimit(.minutes(60))) func everyTagOnceAnIntervalWhoeverDies() async throws {
        print("seed \(Self.seed), \(Self.tags) tags, an interval of \(Self.interval) s")
        // Twice as much as it takes.
        let rate = 2 * Double(Self.tags) / Self.interval / Double(Self.registries)
        let (scene, story) = try await Self.play(for: 7 * Self.interval) {
            try await Scene(
                tags: Self.tags, registries: Self.registries, interval: Self.interval, requestsPerSecond: rate)
        }
        #expect(story.exits == [0, 0, 0, 0])
        let arrivals = scene.arrivals
        let asked = AskedTags(arrivals, tags: Self.tags)
        print(story.summary(asked))
        expectRhythm(asked, story)
        let records = try await scene.records()
        #expect(records.leftOver == 0)
        expectHistories(records, asked, story)
        expectCounts(records, asked, arrivals, story)
        expectQuietLogs(story, scene)
    }

    /// The adaptive schedule spends what it may, never more, whoever dies.
    @Test(.timeLimit(.minutes(5))) func noHostIsAskedMoreThanItsBudget() async throws {
        print("seed \(Self.seed)")
        let rate = 20.0
        let (scene, story) = try await Self.play(for: 45) {
            try await Scene(tags: 6_000, registries: Self.registries, interval: nil, requestsPerSecond: rate)
        }
        #expect(story.exits == [0, 0, 0, 0])
        let asked = AskedTags(scene.arrivals, tags: scene.tags)
        print(story.summary(asked))
        for registry in scene.registries {
            let times = registry.arrivals.map(\.at).sorted()
            let most = [1.0, 5, 20].map { AskedTags.most(of: times, within: $0) }
            let share = Double(times.count) / rate / (story.end - story.start)
            print("\(times.count) requests, at most \(most) in 1, 5 and 20 s, \(Int(share * 100)) % of the budget")
            // A turn may be used up to a second after its time, and a few are saved up.
            for (seconds, most) in zip([1.0, 5, 20], most) { #expect(Double(most) <= rate * (seconds + 1) + 4) }
            #expect(share > 0.5)
        }
        // No tag again within five minutes.
        expectReasons(asked.repeats(within: 300), story)
        #expect(try await scene.records().leftOver == 0)
        expectQuietLogs(story, scene)
    }

    /// Once more where the machine stood still meanwhile.
    private static func play(
        for seconds: Double, _ make: () async throws -> Scene
    ) async throws -> (Scene, Scene.Story) {
        var attempts = 1
        while true {
            let scene = try await make()
            let story = try await scene.play(for: seconds, seed: seed)
            if story.standstill < 3 || attempts == 3 { return (scene, story) }
            print("the machine stood still for \(story.standstill) s")
            attempts += 1
        }
    }

    private func expectRhythm(_ asked: AskedTags, _ story: Scene.Story) {
        let gap = asked.longestGap(from: story.start, to: story.end, but: story.outages)
        print("longest gap \(gap.seconds) s, of tag \(gap.tag)")
        #expect(gap.seconds < 2 * Self.interval, "\(asked.byTag[gap.tag])")
        // The answer is recorded after the request arrived, so the next is due more than an interval after that.
        expectReasons(asked.repeats(within: Self.interval - 0.001), story)
    }

    private func expectReasons(_ repeats: [AskedTags.Repeat], _ story: Scene.Story) {
        let unexplained = repeats.filter { pair in
            // The log has a request when it was answered: one of a killed worker may stand behind its successor's, which
            // was made after the kill.
            let isReadLate = story.life(of: pair.second).endedAt.map { $0 < pair.first.at } ?? false
            return !isReadLate && !story.mayHaveLost(pair.first, before: pair.second.at)
        }
        print("\(repeats.count) repeated, \(unexplained.count) of them without a reason")
        #expect(unexplained.isEmpty, "\(unexplained.prefix(5)), \(story.outages)")
    }

    private func expectHistories(_ records: Records, _ asked: AskedTags, _ story: Scene.Story) {
        var wrong: [String] = []
        for tag in asked.byTag.indices {
            let rows = records.changes[tag]
            let recorded = rows.compactMap { row in
                (0...2).first { row.digest == (try? CountingRegistry.digest(of: tag, phase: $0)) }
            }
            let certain = Set(asked.byTag[tag].filter { !story.mayHaveLost($0) }.map(\.phase))
            let isRight =
                recorded.count == rows.count && recorded == recorded.sorted() && Set(recorded).count == recorded.count
                && certain.isSubset(of: recorded) && Set(asked.byTag[tag].map(\.phase)).isSuperset(of: recorded)
                && recorded.last == CountingRegistry.phases(of: tag).last
                && rows.enumerated().allSatisfy { $1.kind == ($0 == 0 ? .first : .rebuild) && !$1.reverted }
                && zip(rows, recorded).allSatisfy { story.spans($0, phase: $1) }
            if !isRight { wrong.append("\(tag): \(rows) of \(asked.byTag[tag])") }
        }
        print("\(records.changes.joined().count) rows, \(wrong.count) histories are wrong")
        #expect(wrong.isEmpty, "\(wrong.prefix(3).joined(separator: "\n"))")
    }

    private func expectCounts(_ records: Records, _ asked: AskedTags, _ arrivals: [Arrival], _ story: Scene.Story) {
        #expect(records.counts.missing == 0)
        #expect(records.counts.failed == 0)
        #expect(records.counts.changed == records.changes.joined().count)
        let unrecorded = asked.total - records.counts.all
        let lost = asked.byTag.joined().count { story.mayHaveLost($0) }
        print("\(unrecorded) of \(asked.total) checks not recorded, at most \(lost)")
        #expect((0...lost).contains(unrecorded))
        let unwritten = arrivals.count - records.requests
        // Requests are written down every five seconds.
        let forgotten = arrivals.count { story.life(of: $0).wasKilled && story.life(of: $0).isLast(8, $0.at) }
        // What is cancelled before it is sent has been counted.
        let cancelled = Scene.workers * Self.registries * Scene.connections * (story.outages.count + 1)
        print("\(unwritten) of \(arrivals.count) requests not written down, at most \(forgotten)")
        #expect((-cancelled...forgotten).contains(unwritten))
    }

    private func expectQuietLogs(_ story: Scene.Story, _ scene: Scene) {
        for life in story.lives {
            let complaints = life.process.output.split(separator: "\n").filter {
                $0.contains(" error ") || $0.contains(" warning ") || $0.contains(" critical ")
            }
            let unexplained = complaints.filter { line in
                let time = line.split(separator: " ").first.flatMap { try? Timestamp(parsing: String($0)).unix }
                return !life.standstills.contains { span in time.map(span.contains) ?? false }
            }
            #expect(unexplained.isEmpty || story.outages.contains { life.hasSeen($0) }, "\(complaints)")
            #expect(unexplained.count <= 2 * story.outages.count, "\(complaints)")
            #expect(complaints.allSatisfy { $0.contains("the database cannot be used, trying on") }, "\(complaints)")
        }
        let log = (try? String(contentsOf: scene.server.folder.appending(path: "log"), encoding: .utf8)) ?? ""
        // With what follows: whom it waited for, and for what. Who was told to stop cancels what it waits for.
        func isOfTheEnd(_ line: Substring) -> Bool {
            let words = line.split(separator: " ", maxSplits: 2)
            guard words.count == 3, let time = try? Timestamp(parsing: "\(words[0])T\(words[1])Z") else { return false }
            // The log has thousandths.
            return time.unix > story.end - 0.001 && line.hasSuffix("canceling statement due to user request")
        }
        let errors = log.split(separator: "\n").drop { !$0.contains("ERROR:") || isOfTheEnd($0) }
        #expect(errors.isEmpty, "\(errors.prefix(60).joined(separator: "\n"))")
    }
}

import Foundation
import OCI
import Testing

@testable import TagHistory

@Suite("Simulation")
struct SimulationTests {
    private func run(
        _ trace: Trace, _ policy: Simulation.Policy, hours: Double, from: Double = 0, seed: UInt64 = 1
    ) throws -> SimulationReport {
        try Simulation(trace: trace, policy: policy, budget: .hours(hours), fromDay: from, seed: seed).run()
    }

    /// Checks at 3600, 7200 … 86400, of which the last is the end and no longer done.
    @Test("One tag, checked every hour: worked out by hand")
    func byHand() throws {
        let trace = try trace(
            """
            image,tag,epoch,kind
            a,1,0,B
            a,1,1000,C
            a,1,3000,C
            a,1,3600,C
            a,1,8000,C
            a,1,86000,C
            """)
        let report = try run(trace, .roundRobin, hours: 1)
        #expect(report.requests == 23)
        #expect(report.changes == 5)
        #expect(report.missed == 2)
        let delays = [2600.0, 600, 0, 2800, 400]
        #expect(isClose(report.meanDelaySeconds, delays.reduce(0, +) / 5))
        #expect(report.medianDelaySeconds == 600)
        #expect(report.p95DelaySeconds == 2800)
        #expect(isClose(report.freshness, 1 - (2600.0 + 2800 + 400) / 86_400))
    }

    @Test("The days before --from-day warm up")
    func warmUp() throws {
        let trace = try trace(
            """
            image,tag,epoch,kind
            a,1,0,B
            a,1,86000,C
            a,1,87000,C
            a,1,100000,C
            a,2,90000,N
            """)
        let report = try run(trace, .roundRobin, hours: 24, from: 1)
        // A check at 86,400; until 90,000 a 24th of the next one is earned, and the rest twice as quickly: at 131,400.
        #expect(report.requests == 2)
        #expect(report.changes == 2)
        #expect(report.missed == 1)
        #expect(isClose(report.meanDelaySeconds, (44_400 + 31_400) / 2))
        #expect(isClose(report.freshness, 1 - 44_400 / (86_400 + 82_800.0)))
    }

    @Test("A trace without changes has no delays")
    func idle() throws {
        for policy in Simulation.Policy.allCases {
            let report = try run(try trace("image,tag,epoch,kind\na,1,0,B\na,1,86400,D"), policy, hours: 2)
            #expect(report.changes == 0 && report.meanDelaySeconds == nil && report.freshness == 1)
            #expect(report.requests <= 12)
        }
    }

    @Test("Round-robin finds changes after half a round")
    func roundRobin() throws {
        let report = try run(try randomTrace(images: 20, tags: 10, days: 100), .roundRobin, hours: 12)
        let mean = try #require(report.meanDelaySeconds)
        #expect(abs(mean / 21_600 - 1) < 0.1)
    }

    @Test("No policy spends more than its budget, and adaptive ones spend what there is", arguments: [1.0, 24, 200])
    func budget(hours: Double) throws {
        let trace = try randomTrace(images: 20, tags: 10, days: 60)
        let allowed = trace.listed.reduce(0.0) { $0 + Double(trace.end - $1) } / 3_600 / hours
        for policy in Simulation.Policy.allCases {
            let report = try run(trace, policy, hours: hours)
            #expect(Double(report.requests) <= allowed + 1)
            if policy == .adaptive { #expect(Double(report.requests) > 0.95 * allowed - 1) }
        }
    }

    @Test("The same seed gives the same report, another one another")
    func determinism() throws {
        let trace = try randomTrace(images: 20, tags: 10, days: 60)
        let report = try run(trace, .adaptive, hours: 24)
        #expect(try run(trace, .adaptive, hours: 24) == report)
        #expect(try run(trace, .adaptive, hours: 24, seed: 2) != report)
    }

    @Test("Where tags change together, the adaptive schedule finds them several times as quickly")
    func quicker() throws {
        let trace = try randomTrace(images: 20, tags: 20, days: 200)
        let means = try Simulation.Policy.allCases.map { policy in
            try #require(try run(trace, policy, hours: 24, from: 50).meanDelaySeconds)
        }
        #expect(means[1] * 3 < means[0])
        #expect(means[2] * 10 < means[0])
    }

    @Test("Each registry is a lane of its own", arguments: Simulation.Policy.allCases)
    func lanes(policy: Simulation.Policy) throws {
        let text = """
            image,tag,epoch,kind
            a,1,0,B
            a,1,4000,C
            a,2,0,B
            a,2,90000,C
            quay.io/b/c,1,0,B
            quay.io/b/c,1,7000,C
            quay.io/b/c,1,50000,C
            nobody's image!,1,0,B
            docker.io/library/d,1,0,B
            docker.io/library/d,1,86400,D
            """
        let trace = try trace(text)
        #expect(trace.registries == 2)
        #expect(trace.lanes.map(\.tags) == [4, 1] && trace.lanes.map(\.repositories) == [3, 1])
        #expect(trace.lanes.allSatisfy { $0.end == 172_800 && $0.start == 0 })
        #expect(trace.lanes[1].changes == [7_000, 50_000] && trace.lanes[0].changes == [4_000, 90_000])
        let budget = Simulation.Budget.requestsPerSecond(1 / 3_600)
        func run(_ trace: Trace, _ seed: UInt64) throws -> SimulationReport {
            try Simulation(trace: trace, policy: policy, budget: budget, fromDay: 0, seed: seed).run()
        }
        let both = try run(trace, 1)
        let (first, second) = (try run(trace.lanes[0], 1), try run(trace.lanes[1], 2))
        #expect(both.requests == first.requests + second.requests && both.requests > 80)
        #expect(both.changes == 4 && both.missed == first.missed + second.missed)
        let sum = try #require(first.meanDelaySeconds) * 2 + #require(second.meanDelaySeconds) * 2
        #expect(isClose(both.meanDelaySeconds, sum / 4))
        #expect(isClose(both.freshness, try (4 * #require(first.freshness) + #require(second.freshness)) / 5))
    }

    /// Listed repositories take at most a request each five minutes and a listing to its end a day; the two tags of the
    /// other one are asked one by one.
    @Test("Listings take pages of a hundred tags; a few tags are asked one by one")
    func pages() throws {
        var lines = ["image,tag,epoch,kind"]
        for tag in 0..<250 { lines += ["a,t\(tag),0,B"] + (tag < 120 ? ["a,t\(tag),172900,C"] : []) }
        lines += ["b,1,0,B", "b,1,200000,C", "b,2,0,B", "b,2,345600,D"]
        let simulation = Simulation(
            trace: try trace(lines.joined(separator: "\n")), policy: .adaptiveBulk, budget: .hours(12), fromDay: 0)
        var replay = Replay(simulation)
        for tag in 0..<252 { replay.begin(tag, at: 0) }
        #expect(replay.tags.allSatisfy { $0.reason == .ordinary })
        let hour = Int64(3_600_000_000)
        #expect(replay.ask(0, at: hour) == 3)
        #expect(replay.tags[..<250].allSatisfy { $0.reason == .sweep && $0.lastCheckAt.microseconds == hour })
        #expect(Set(replay.tags[..<250].map(\.nextCheckAt)).count > 200)
        #expect(replay.ask(252, at: 2 * hour) == 1)
        #expect(replay.ask(252, at: 26 * hour) == 3)
        // On the third day 120 tags were pushed: the first page has only news.
        #expect(replay.ask(252, at: 49 * hour) == 2)
        #expect(replay.tags[..<250].count { $0.changes == 1 } == 120)
        #expect(replay.repositories[0].burst == 1 && replay.repositories[0].leader == nil)
        #expect(replay.ask(252, at: 49 * hour + 290_000_000) == 0)
        #expect(replay.ask(250, at: 60 * hour) == 1)
        #expect(replay.tags[250].changes == 1 && replay.tags[250].reason == .ordinary)
        // A sweep keeps its place.
        #expect(replay.ask(3, at: 61 * hour) == 1)
        #expect(replay.tags[3].reason == .sweep)
    }

    @Test("Intervals that fit one tag are soon those of many, as in a store that has just begun")
    func relief() throws {
        let lines = (0..<2_000).map { "a\($0 / 50),\($0),0,B" } + ["z,z,0,B", "z,z,86400,D"]
        let simulation = Simulation(
            trace: try trace("image,tag,epoch,kind\n" + lines.joined(separator: "\n")), policy: .adaptive,
            budget: .requestsPerSecond(240 / 86_400), fromDay: 0)
        var replay = Replay(simulation)
        #expect(replay.lane.requestsPerDay == 240)
        for tag in 0..<2_000 {
            replay.known += 1
            replay.begin(tag, at: 0)
        }
        for step in 1...24 { replay.steer(at: Timestamp(seconds: Int64(step) * 600)) }
        let right = LaneSchedule(requestsPerDay: 240, tags: 2_000, at: Timestamp(seconds: 0)).spacing
        #expect(replay.lane.tags == 2_000)
        #expect(replay.lane.spacing > right / 3 && replay.lane.spacing < right)
    }

    @Test("Absent numbers are null")
    func json() throws {
        let report = try run(try trace("image,tag,epoch,kind\na,1,0,B"), .adaptiveBulk, hours: 2)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        #expect(
            String(decoding: try encoder.encode(report), as: UTF8.self)
                == """
                {"changes":0,"freshness":1,"meanDelaySeconds":null,"medianDelaySeconds":null,"missed":0,\
                "p95DelaySeconds":null,"policy":"adaptive-bulk","requests":\(report.requests)}
                """)
    }

    @Test("A budget in requests a second is one in hours where the number of tags stays")
    func perSecond() throws {
        let trace = try trace("image,tag,epoch,kind\na,1,0,B\na,1,900000,C\na,2,0,B")
        let hours = try run(trace, .roundRobin, hours: 2)
        let seconds = try Simulation(
            trace: trace, policy: .roundRobin, budget: .requestsPerSecond(2 / 7200.0), fromDay: 0
        ).run()
        #expect(hours == seconds)
    }
}

/// Images whose tags change in bursts at random, each tag in some of them; a tenth of the images never.
func randomTrace(images: Int, tags: Int, days: Double, seed: Int = 7) throws -> Trace {
    var random = SeededGenerator(seed)
    var reader = TraceReader()
    try reader.read(Array("image,tag,epoch,kind".utf8)[...])
    for image in 0..<images {
        var bursts: [Double] = []
        var time = Double.random(in: 0...10, using: &random)
        while image % 10 != 9, time < days - 1 {
            bursts.append(time)
            time += 1 + 20 * Double.random(in: 0...1, using: &random)
        }
        for tag in 0..<tags {
            try reader.read(Array("image\(image),tag\(tag),0,B".utf8)[...])
            for burst in bursts where Bool.random(using: &random) || tag < 3 {
                let seconds = Int(86_400 * burst) + Int.random(in: 0...3_600, using: &random)
                try reader.read(Array("image\(image),tag\(tag),\(seconds),C".utf8)[...])
            }
        }
    }
    try reader.read(Array("zz,end,0,B".utf8)[...])
    try reader.read(Array("zz,end,\(Int(days * 86_400)),D".utf8)[...])
    return try reader.finish()
}

import Foundation
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

import Foundation
import OCI
import TestSupport

/// Several `tagbeat scrape` processes that die and are replaced, each with a number of its own.
actor Workforce {
    /// One process, from its start on.
    struct Life: Sendable {
        let number: Int
        let process: TagbeatProcess
        let startedAt: Double
        /// Seconds since 1970; nil while it lives.
        var endedAt: Double?
        var wasKilled = false
        /// When it stood still for so long that the database may have ended a claim in the middle, until it can have said so.
        var standstills: [ClosedRange<Double>] = []

        /// Whether a time lies within its last so many seconds.
        func isLast(_ seconds: Double, _ time: Double) -> Bool { endedAt.map { time > $0 - seconds } ?? false }

        func hasSeen(_ outage: ClosedRange<Double>) -> Bool {
            outage.upperBound > startedAt && endedAt.map { $0 > outage.lowerBound } ?? true
        }
    }

    private let environment: [String: String]
    private(set) var lives: [Life] = []
    /// The number of the living worker at each place.
    private var places: [Int] = []

    init(_ environment: [String: String]) {
        self.environment = ["TAGBEAT_STARTER": "off", "DOCKER_CONFIG": "/nonexistent"].merging(environment) { $1 }
    }

    func start(_ count: Int) async throws {
        for _ in 0..<count { places.append(try await begin()) }
    }

    /// SIGKILL, and another one in its place.
    func replace(_ place: Int) async throws {
        await end(places[place])
        places[place] = try await begin()
    }

    func kill(_ place: Int) async { await end(places.remove(at: place)) }

    private func end(_ number: Int) async {
        lives[number - 1].wasKilled = true
        // Noted first: what is answered from now on may be lost.
        lives[number - 1].endedAt = Timestamp.now().unix
        lives[number - 1].process.signal(SIGKILL)
        _ = await lives[number - 1].process.end()
    }

    /// SIGSTOP, and SIGCONT after so many seconds.
    func freeze(_ place: Int, for seconds: Double) async throws {
        let (number, start) = (places[place], Timestamp.now().unix)
        let process = lives[number - 1].process
        process.signal(SIGSTOP)
        try await Task.sleep(for: .seconds(seconds))
        process.signal(SIGCONT)
        // See ClaimDue: by the real time, which is longer than was asked for on a busy machine.
        let end = Timestamp.now().unix
        if end - start > 2 { lives[number - 1].standstills.append(start...end + 1) }
    }

    func signal(_ place: Int, _ number: Int32) { lives[places[place] - 1].process.signal(number) }

    /// SIGTERM to all.
    /// - Returns: their exit codes.
    func stop() async -> [Int32] {
        let living = places.map { lives[$0 - 1].process }
        for process in living { process.signal(SIGTERM) }
        var codes: [Int32] = []
        for process in living { codes.append(await process.end()) }
        for number in places { lives[number - 1].endedAt = Timestamp.now().unix }
        return codes
    }

    private func begin() async throws -> Int {
        let number = lives.count + 1
        let process = try await TagbeatProcess(
            ["scrape"],
            environment: environment.merging(["TAGBEAT_PUBLIC_URL": "http://worker-\(number).test"]) { $1 })
        lives.append(Life(number: number, process: process, startedAt: Timestamp.now().unix))
        return number
    }
}

extension Timestamp {
    /// Seconds since 1970.
    var unix: Double { Double(microseconds) / 1e6 }
}

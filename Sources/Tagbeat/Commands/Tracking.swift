import ArgumentParser
import Foundation
import OCI
import RegistryClient
import Scraper
import Store
import Web

struct Track: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Begin to watch tags.",
        discussion: """
            Short names work as with docker: `python` is docker.io/library/python:latest. Each is checked at once by \
            the running worker; one that its registry does not have is listed as missing. With - the \
            names are read from standard input, one a line.
            """)

    @Argument(help: "Images to watch, for example python:3.12 or ghcr.io/owner/name:tag; - for standard input.")
    var references: [String]
    @Flag(help: "Print one JSON object per reference.") var json = false
    @OptionGroup(title: "Database and log") var options: DatabaseOptions

    func run() async throws {
        let texts = references == ["-"] ? Self.standardInput() : references
        let references = try texts.map { try TagReference(argument: $0) }
        try await Session.with(options) { session in
            try await Self.requireRoom(for: references, in: session)
            let outcomes = try await session.store.track(references, origin: .operator, at: .now())
            for reference in references {
                let isNew = outcomes[reference] == .added
                if json {
                    try Console.print(
                        try Console.json(["reference": reference.description, "outcome": isNew ? "added" : "tracked"]))
                } else {
                    try Console.print(isNew ? "Tracking \(reference)" : "\(reference) is tracked already")
                }
            }
        }
    }

    /// - Throws: ``Failure`` where so many more tags would be too many.
    private static func requireRoom(for references: [TagReference], in session: Session) async throws {
        let limit = session.settings.maxTracked
        let room = max(0, limit - (try await session.store.trackedCount()))
        let distinct = Set(references)
        guard distinct.count > room else { return }
        let tracked = try await session.store.tags(named: references).count { $0.state != .untracked }
        let new = distinct.count - tracked
        guard new > room else { return }
        throw Failure(
            "\(limit) tags may be tracked at most, which leaves room for \(room), not for \(new) more; "
                + "nothing was tracked. Raise TAGBEAT_MAX_TRACKED, or untrack others")
    }

    private static func standardInput() -> [String] {
        var lines: [String] = []
        while let line = readLine() {
            let name = line.trimmingCharacters(in: .whitespaces)
            if !name.isEmpty { lines.append(name) }
        }
        return lines
    }
}

struct Untrack: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Stop watching tags; their history is kept.")

    @Argument(help: "Tracked images.") var references: [String]
    @OptionGroup(title: "Database and log") var options: DatabaseOptions

    func run() async throws {
        let references = try references.map { try TagReference(argument: $0) }
        try await Session.with(options) { session in
            var unknown: [String] = []
            for reference in references {
                if try await session.store.untrack(reference) {
                    try Console.print("No longer tracking \(reference); its history is kept")
                } else {
                    unknown.append(reference.description)
                }
            }
            if !unknown.isEmpty { throw Failure("not tracked: \(unknown.joined(separator: ", "))") }
        }
    }
}

struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check tracked tags now and print the outcomes.",
        discussion: "The running worker does it ahead of its queue; where none runs, this command does it itself.")

    @Argument(help: "Tracked images.") var references: [String]
    @Option(help: "Seconds to wait for the outcomes, from 1.") var timeout: Int = 60
    @Flag(help: "Print one JSON object per reference.") var json = false
    @OptionGroup var options: CheckOptions

    func validate() throws {
        guard (1...86_400).contains(timeout) else { throw ValidationError("--timeout takes 1 to 86400 seconds.") }
    }

    func run() async throws {
        let references = try references.map { try TagReference(argument: $0) }
        try await Session.with(options) { session in
            let store = session.store
            var requests: [CheckRequest] = []
            var isUnknown = false
            for reference in references {
                if let request = try await store.requestCheck(of: reference, at: .now()) {
                    requests.append(request)
                } else {
                    isUnknown = true
                    Console.error("\(reference) is not tracked; begin with: tagbeat track \(reference.familiar)")
                }
            }
            guard !requests.isEmpty else { throw Failure("") }
            let (waiting, limit) = (requests, Duration.seconds(timeout))
            let reports = try await withHelp(session) {
                let deadline = ContinuousClock.now + limit
                var reports: [CheckReport?] = []
                for request in waiting {
                    reports.append(try await store.outcome(of: request, within: max(.zero, deadline - .now)))
                }
                return reports
            }
            try show(reports, requests)
            if isUnknown { throw Failure("") }
        }
    }

    /// Runs a worker of its own beside `body` where no other is alive.
    private func withHelp<Value: Sendable>(
        _ session: Session, _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let listening = Task { await session.store.listen() }
        defer { listening.cancel() }
        guard try await session.store.workers().isEmpty else { return try await body() }
        let (worker, digests) = try Services.worker(session)
        let working = Task { try await worker.answerRequests() }
        let result = await Result(of: body)
        working.cancel()
        _ = await working.result
        try await digests.shutdown()
        return try result.get()
    }

    private func show(_ reports: [CheckReport?], _ requests: [CheckRequest]) throws {
        var failed = false
        for (report, request) in zip(reports, requests) {
            let reference = request.reference
            guard let report else {
                failed = true
                Console.error("\(reference): no outcome within \(timeout) seconds")
                continue
            }
            failed = failed || report.outcome == .failed
            if json {
                try Console.print(Console.json(CheckJSON(reference: report.reference, report: report)))
            } else {
                switch report.outcome {
                case .failed: Console.error("\(reference): \(report.reason ?? "failed")")
                case .missing: try Console.print("\(reference)  missing: the registry has no such tag")
                case .changed, .unchanged:
                    try Console.print("\(reference)  \(report.outcome.name)  \(report.digest?.description ?? "")")
                }
            }
        }
        if failed { throw Failure("") }
    }
}

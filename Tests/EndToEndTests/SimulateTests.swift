import Foundation
import TestSupport
import Testing

/// `tagbeat simulate` as a process, without any database.
@Suite struct SimulateTests {
    private func run(_ arguments: [String]) async throws -> CommandResult {
        let process = try await TagbeatProcess(["simulate"] + arguments, environment: [:])
        return CommandResult(code: await process.end(), output: process.output)
    }

    private func traceFile(_ folder: TemporaryFolder) throws -> String {
        let lines = [
            "image,tag,epoch,kind", "a,1,0,B", "a,1,1000,C", "a,1,3000,C", "a,1,3600,C", "a,1,8000,C", "a,1,86000,C",
        ]
        return try folder.write(lines.joined(separator: "\n"), to: "trace.csv")
    }

    @Test func oneObjectAsJSON() async throws {
        let folder = try TemporaryFolder()
        let file = try traceFile(folder)
        let result = try await run([
            "--trace", file, "--policy", "round-robin", "--budget-hours", "1", "--from-day", "0", "--json",
        ])
        #expect(result.code == 0, "\(result.output)")
        let line = try #require(result.output.split(separator: "\n").first { $0.hasPrefix("{") })
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(
            Set(object.keys) == [
                "policy", "requests", "changes", "missed", "meanDelaySeconds", "medianDelaySeconds", "p95DelaySeconds",
                "freshness",
            ])
        #expect(object["policy"] as? String == "round-robin")
        #expect(object["requests"] as? Int == 23)
        #expect(object["meanDelaySeconds"] as? Double == 1_280)
    }

    @Test(arguments: ["adaptive", "adaptive-bulk"]) func aTableToRead(policy: String) async throws {
        let folder = try TemporaryFolder()
        let result = try await run([
            "--trace", try traceFile(folder), "--policy", policy, "--from-day", "0", "--requests-per-second", "0.001",
        ])
        #expect(result.code == 0, "\(result.output)")
        #expect(result.output.contains("mean delay"))
    }

    @Test(arguments: [
        ("image,tag,epoch,kind\na,1,5,B\na,1,3,C", "line 3: unsorted"), ("nonsense", "line 1"),
        ("image,tag,epoch,kind\na,1,0,B", "--from-day"),
    ])
    func badTracesAreExitCode2(text: String, hint: String) async throws {
        let folder = try TemporaryFolder()
        let result = try await run(["--trace", try folder.write(text, to: "trace.csv")])
        #expect(result.code == 2, "\(result.output)")
        #expect(result.output.contains(hint), "\(result.output)")
    }

    @Test func calibrationAsTables() async throws {
        let folder = try TemporaryFolder()
        let lines = ["image,tag,epoch,kind", "a,1,0,B"] + (1..<80).map { "a,1,\($0 * 864_000),C" }
        let long = try folder.write(lines.joined(separator: "\n"), to: "long.csv")
        let process = try await TagbeatProcess(["calibrate", "--trace", long], environment: [:])
        #expect(await process.end() == 0, "\(process.output)")
        #expect(process.output.contains("95 % predictive interval"), "\(process.output)")
        #expect(process.output.contains("listed half a year before and after"), "\(process.output)")
        #expect(process.output.contains("7 days: judgements"), "\(process.output)")
        let short = try await TagbeatProcess(["calibrate", "--trace", traceFile(folder)], environment: [:])
        #expect(await short.end() == 2, "\(short.output)")
    }

    @Test func badBudgetsAreExitCode2() async throws {
        for budget in [["--budget-hours", "0"], ["--budget-hours", "5", "--requests-per-second", "5"]] {
            #expect(try await run(["--trace", "-"] + budget).code == 2)
        }
    }
}

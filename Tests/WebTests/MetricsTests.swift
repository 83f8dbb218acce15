import Foundation
import HTTPTypes
import HummingbirdTesting
import OCI
import Testing

@testable import Store
@testable import Web

@Suite struct MetricsTests {
    @Test func whatIsDoneIsCounted() async throws {
        try await TestSite.run { site in
            try site.registry.set(TestSite.python, .found(.numbered(1), mediaType: nil, pushedAt: nil))
            #expect(try await site.track("python:3.12").status == 201)
            for name in ["a", "b", "c"] { #expect(try await site.get("/api/v1/tags/\(name)").status == 404) }
            #expect(try await site.get("/nothing/\"here\"").status == 404)
            let answer = try await site.get("/metrics")
            #expect(answer.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
            let lines = answer.text.split(separator: "\n").map(String.init)
            for line in [
                #"tagbeat_build_info{version="1.2.3"} 1"#,
                #"tagbeat_http_requests_total{route="/api/v1/tags/**",method="GET",status="404"} 3"#,
                #"tagbeat_http_requests_total{route="/api/v1/tags",method="POST",status="201"} 1"#,
                #"tagbeat_http_requests_total{route="NotFound",method="GET",status="404"} 1"#,
                #"tagbeat_http_request_duration_seconds_bucket{route="/api/v1/tags/**",le="+Inf"} 3"#,
                #"tagbeat_http_request_duration_seconds_count{route="/api/v1/tags/**"} 3"#,
                "tagbeat_database_up 1", #"tagbeat_checks_total{outcome="changed"} 1"#,
                #"tagbeat_checks_total{outcome="failed"} 0"#, #"tagbeat_tags{state="active"} 1"#,
                "tagbeat_workers 1", #"tagbeat_lane_tags{registry="docker.io"} 1"#,
                #"tagbeat_lane_due{registry="docker.io"} 0"#,
            ] { #expect(lines.contains(line), "\(line)\n\(answer.text)") }
            let path = "../../docs/metrics.md"
            let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(path)
            let page = try String(contentsOf: file, encoding: .utf8)
            for line in lines where line.hasPrefix("# TYPE ") {
                #expect(page.contains("`\(line.split(separator: " ")[2])"), "\(line) is not in docs/metrics.md")
            }
            // Every sample belongs to a metric that was announced before it.
            var announced = ""
            for line in lines {
                if line.hasPrefix("# TYPE ") { announced = String(line.split(separator: " ")[2]) }
                if !line.hasPrefix("#") { #expect(line.hasPrefix(announced), "\(line)") }
            }
        }
    }

    @Test func onlySoManyRegistriesAreNamed() throws {
        var text = MetricsText()
        let lanes = try (0..<60).map { try Samples.lane("r\($0).test", failing: 1) }
        text.add(try Samples.status(lanes: lanes), at: TestSite.now)
        #expect(text.text.components(separatedBy: "tagbeat_lane_failing{").count == MetricsText.mostLanes + 2)
        #expect(text.text.contains("tagbeat_lane_failing{registry=\"other\"} 10\n"))
        let schedule = LaneStatus.Schedule(
            requestsPerSecond: 1, spacing: 1, meanDelaySeconds: nil, lagSeconds: -60)
        text.add(try Samples.status(lanes: [Samples.lane("a.test", failing: 0, schedule: schedule)]), at: TestSite.now)
        #expect(text.text.contains("tagbeat_lane_lag_seconds{registry=\"a.test\"} -60\n"))
    }

    @Test func labelsAndNumbersAreWrittenAsTheyAreRead() {
        var text = MetricsText()
        text.add("a", ["b": "c\"\\\nd"], 1)
        text.add("a", [:], 0.25)
        #expect(text.text == "a{b=\"c\\\"\\\\\\nd\"} 1\na 0.25\n")
    }
}

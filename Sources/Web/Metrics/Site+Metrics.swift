import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import OCI
import Store

extension Site {
    /// `/metrics`: what this process answered, and what the database says of all of them.
    func showMetrics(_ request: Request, _ context: SiteContext) async throws -> Response {
        var text = MetricsText()
        text.begin("tagbeat_build_info", .gauge, "Which program answers.")
        text.add("tagbeat_build_info", ["version": settings.version], 1)
        if let memory = Self.residentMemory {
            text.add("process_resident_memory_bytes", .gauge, "Memory of this process.", Double(memory))
        }
        text.add(requests.counts)
        // Without the database there is less to tell, but that it is away.
        let now = clock()
        let status = try? await status()
        let totals = try? await totals.value(at: now)
        text.add(
            "tagbeat_database_up", .gauge, "Whether the database answers.", status == nil || totals == nil ? 0 : 1)
        if let totals { text.add(totals) }
        if let status { text.add(status, at: now) }
        return Response(
            status: .ok, headers: [.contentType: MetricsText.mediaType, .cacheControl: "no-store"],
            body: .init(byteBuffer: ByteBuffer(string: text.text)))
    }

    /// In bytes. https://man7.org/linux/man-pages/man5/proc_pid_statm.5.html
    private static var residentMemory: Int? {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return nil }
        let parts = text.split(separator: " ")
        return parts.count > 1 ? Int(parts[1]).map { $0 * Int(sysconf(Int32(_SC_PAGESIZE))) } : nil
    }
}

extension MetricsText {
    mutating func add(_ counts: RequestCounter.Counts) {
        begin("tagbeat_http_requests_total", .counter, "Requests that this process answered.")
        let requests = counts.requests.sorted {
            ($0.key.route, $0.key.method, $0.key.status) < ($1.key.route, $1.key.method, $1.key.status)
        }
        for (key, count) in requests {
            add(
                "tagbeat_http_requests_total",
                ["route": key.route, "method": key.method, "status": String(key.status)], Double(count))
        }
        let name = "tagbeat_http_request_duration_seconds"
        begin(name, .histogram, "Time until an answer began.")
        for (route, times) in counts.times.sorted(by: { $0.key < $1.key }) {
            var total = 0
            for (limit, count) in zip(RequestCounter.limits.map { String($0) } + ["+Inf"], times.counts) {
                total += count
                add(name + "_bucket", ["route": route, "le": limit], Double(total))
            }
            add(name + "_sum", ["route": route], times.seconds)
            add(name + "_count", ["route": route], Double(total))
        }
    }

    mutating func add(_ totals: StoreTotals) {
        begin("tagbeat_checks_total", .counter, "Checks of all workers, by how they ended.")
        for outcome in CheckOutcome.allCases {
            add("tagbeat_checks_total", ["outcome": outcome.name], Double(totals.checks[outcome] ?? 0))
        }
        add(
            "tagbeat_check_seconds_total", .counter, "Time spent on checks, concurrent ones added up.",
            totals.checkSeconds)
        begin("tagbeat_registry_requests_total", .counter, "Requests that workers sent, by what for.")
        for kind in RequestKind.allCases {
            add("tagbeat_registry_requests_total", ["purpose": kind.name], Double(totals.requests[kind] ?? 0))
        }
        add("tagbeat_database_size_bytes", .gauge, "Size of the database.", Double(totals.databaseSize))
    }

    /// Registries beyond these, with the fewest tags, are added up as "other": anybody may name a registry.
    static let mostLanes = 50

    mutating func add(_ status: StoreStatus, at now: Timestamp) {
        begin("tagbeat_tags", .gauge, "Tags by state.")
        for state in TagState.allCases {
            add("tagbeat_tags", ["state": state.name], Double(status.states[state] ?? 0))
        }
        add("tagbeat_changes", .gauge, "Changes that are known.", Double(status.changes))
        add("tagbeat_workers", .gauge, "Workers that are alive.", Double(status.workers.count))
        let lanes = status.lanes.sorted { ($0.tracked, $1.registry.name) > ($1.tracked, $0.registry.name) }
        let (shown, others) = (lanes.prefix(Self.mostLanes), lanes.dropFirst(Self.mostLanes))
        add("tagbeat_lane_tags", "Tags of a registry that are tracked.", shown, others) { Double($0.tracked) }
        add("tagbeat_lane_due", "Checks of a registry that are due, up to 10,000.", shown, others) {
            Double($0.due ?? 0)
        }
        add("tagbeat_lane_failing", "Tags of a registry whose last check failed.", shown, others) {
            Double($0.failing)
        }
        begin("tagbeat_lane_oldest_due_seconds", .gauge, "How long the check has been due that is due longest.")
        for lane in shown {
            let seconds = lane.oldestDueAt.map { max(0, now.seconds(since: $0)) } ?? 0
            add("tagbeat_lane_oldest_due_seconds", ["registry": lane.registry.name], seconds)
        }
        addLags(shown)
    }

    /// How far a queue is behind time does not add up over registries.
    private mutating func addLags(_ shown: ArraySlice<LaneStatus>) {
        begin("tagbeat_lane_lag_seconds", .gauge, "How far a registry's queue is behind time; below zero, ahead.")
        for lane in shown {
            guard let schedule = lane.schedule else { continue }
            add("tagbeat_lane_lag_seconds", ["registry": lane.registry.name], schedule.lagSeconds)
        }
    }

    private mutating func add(
        _ name: String, _ help: String, _ shown: ArraySlice<LaneStatus>, _ others: ArraySlice<LaneStatus>,
        _ value: (LaneStatus) -> Double
    ) {
        begin(name, .gauge, help)
        for lane in shown { add(name, ["registry": lane.registry.name], value(lane)) }
        if !others.isEmpty { add(name, ["registry": "other"], others.reduce(0) { $0 + value($1) }) }
    }
}

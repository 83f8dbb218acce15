import OCI
import Store

@testable import TagHistory
@testable import Tagbeat

extension FuzzedParser {
    static let histories = [
        json("importline") { bytes in
            let now = Timestamp(seconds: 1_769_904_000)
            for line in try lines(bytes, longest: 16_384) {
                let row: ImportRow
                do {
                    row = try ObservationLine.parse(line, now: now)
                } catch {
                    try requireShowable(error)
                    continue
                }
                try require(row.observation.observedAt <= now.advanced(bySeconds: 300), "an observation of tomorrow")
                let printed = row.line
                guard row.observation.isWritable else { continue }
                let again = try ObservationLine.parse(Array(printed.utf8)[...], now: now)
                try require(
                    again.reference == row.reference && again.observation == row.observation,
                    "\(printed) reads as another observation")
            }
        },
        FuzzedParser("importcsv", longest: 65_536) { bytes in
            let now = Timestamp(seconds: 1_769_904_000)
            let lines = try lines(bytes, longest: 16_384)
            guard let first = lines.first else { return }
            do {
                guard let header = try CSVHeader(first) else { return }
                for line in lines.dropFirst() {
                    do {
                        let row = try header.parse(line, now: now)
                        try require(row.observation.observedAt <= now.advanced(bySeconds: 300), "tomorrow")
                    } catch { try requireShowable(error) }
                }
            } catch { try requireShowable(error) }
        },
        FuzzedParser("gitpins", longest: 65_536) { bytes in
            let now = Timestamp(seconds: 1_769_904_000)
            var pins = GitPins(now: now)
            for line in try lines(bytes, longest: 16_384) { try pins.take(line) }
            let rows = try pins.finish()
            for row in rows {
                try require(row.observation.observedAt <= now, "an observation of tomorrow")
                try require(row.observation.digest != nil, "a pin without a digest")
            }
            let count = rows.count
            try require((count + pins.unusable) * 72 <= bytes.count, "\(count) pins in \(bytes.count) bytes")
        },
        FuzzedParser("trace", longest: 65_536) { bytes in
            var reader = TraceReader()
            do {
                for line in try lines(bytes, longest: 1_024) { try reader.read(line) }
                try check(try reader.finish())
            } catch let error as TraceError {
                try requireShowable(error)
            }
        },
        FuzzedParser("datedtag", longest: 140) { bytes in
            guard let tag = try? Tag(parsing: text(bytes)), let dated = DatedTag(tag) else { return }
            try require(dated.stem.utf8.count <= tag.name.utf8.count - 8, "\(tag) has the stem \(dated.stem)")
            try require(dated.build >= 0, "\(tag) is build \(dated.build)")
            try require(dated.day.microseconds % 86_400_000_000 == 0, "\(tag) is not of a day, but of \(dated.day)")
        },
    ]

    private static func check(_ trace: Trace) throws {
        let tags = trace.tags
        try require(trace.repository.count == tags && trace.firstChange.count == tags, "\(tags) tags")
        try require((1...tags).contains(trace.repositories), "\(trace.repositories) repositories")
        try require(trace.start < trace.end && trace.days <= 36_526, "\(trace.days) days")
        var next = 0
        for tag in 0..<tags {
            try require((0..<trace.repositories).contains(Int(trace.repository[tag])), "a repository of none")
            try require(trace.firstChange[tag] == next, "changes of no tag")
            next = trace.endOfChanges(of: tag)
            var time = trace.listed[tag]
            for change in trace.changes[Int(trace.firstChange[tag])..<next] {
                try require(change >= time, "a change before the one before it")
                time = change
            }
            try require(trace.listed[tag] >= trace.start && time <= trace.end, "a time outside the trace")
        }
        try require(next == trace.numberOfChanges, "changes of no tag")
    }

    /// As they come from a file, in chunks that do not end where lines do.
    private static func lines(_ bytes: [UInt8], longest: Int) throws -> [ArraySlice<UInt8>] {
        var splitter = LineSplitter(maximumLength: longest)
        var rest = (bytes + [0x0A])[...]
        while !rest.isEmpty {
            rest.prefix(1_000).withUnsafeBytes { splitter.append($0) }
            rest = rest.dropFirst(1_000)
        }
        var found: [ArraySlice<UInt8>] = []
        for line in splitter.lines {
            guard case .success(let line) = line else { continue }
            try require(line.count <= longest && !line.contains(0x0A), "a line of \(line.count) bytes")
            found.append(line)
        }
        try require(splitter.lines.count == bytes.reduce(1) { $0 + ($1 == 0x0A ? 1 : 0) }, "lines are lost")
        return found
    }
}

extension Observation {
    /// Times of four digits can be read again; an offset may lead out of them.
    fileprivate var isWritable: Bool {
        let year0 = Timestamp(seconds: -62_167_219_200)
        return [observedAt, notBefore, pushedAt].compactMap(\.self).allSatisfy { $0 >= year0 }
    }
}

import Foundation
import HTTPTypes
import Hummingbird
import OCI
import Store
import TagHistory

extension Site {
    /// The same statistics side by side.
    func compare(_ request: Request, _ context: SiteContext) async throws -> Response {
        let images = try Query.all("image", in: request.uri.query)
        let time = try Query(request.uri.query).past(before: clock())
        guard (2...8).contains(images.count) else {
            throw Problem.unacceptable(
                "\(Words.count(images.count, "image")) given; compare two to eight: ?image=…&image=…")
        }
        var references: [TagReference] = []
        for image in images {
            do { references.append(try TagReference(parsing: image)) } catch {
                throw Problem.unacceptable("image: \(error.description)")
            }
        }
        let known = Dictionary(try await store.tags(named: references).map { ($0.reference, $0) }) { $1 }
        let tags = try references.map { reference in
            guard let tag = known[reference] else { throw Self.notTracked(reference) }
            return tag
        }
        views.note(tags, at: clock())
        return try await answer(request, about: tags) {
            let records =
                time == nil ? try await store.records(of: tags) : try await store.wholeRecords(of: tags)
            let statistics = try await store.statistics(of: records, asOf: time ?? clock())
            let items = zip(records, statistics).map { TagJSON($0.asOf(time).tag, statistics: $1) }
            return json(ListJSON(items: items, next: nil))
        }
    }

    /// The newest digest that a tag has borne for some days and that was not taken back.
    func showSettled(_ request: Request, _ context: SiteContext) async throws -> Response {
        let reference = try apiReference(request, "settled")
        let query = try Query(request.uri.query)
        let days = try query.days("minAgeDays") ?? 7
        return try await answer(request, context, about: reference) { tag in
            let record = TagRecord(tag, history: try await store.history(of: tag.id))
            guard let settled = Bearing.settled(in: record.bearings, seconds: days * 86_400) else {
                throw Problem.notFound("\(reference) has borne no digest for \(query["minAgeDays"] ?? "7") days yet.")
            }
            return json(
                SettledJSON(
                    reference: reference, digest: settled.digest, from: settled.from, until: settled.until,
                    minAgeDays: days,
                    updatesBehind: Bearing.updatesBehind(settled, of: record.bearings, marks: record.marks)))
        }
    }

    /// Every tag that bears or bore a digest, by itself or in an index.
    func showDigest(_ request: Request, _ context: SiteContext) async throws -> Response {
        let prefix = "/api/v1/digests/"
        guard let text = PercentCoding.decoded(request.uri.path.dropFirst(prefix.count)) else {
            throw Problem.badRequest("The path is not UTF-8.")
        }
        let digest: Digest
        do { digest = try Digest(parsing: text) } catch { throw Problem.unacceptable(error.description) }
        let query = try Query(request.uri.query)
        let page = try await store.tags(bearing: digest, limit: try query.limit(), cursor: query["cursor"])
        if page.items.isEmpty, query["cursor"] == nil {
            throw Problem.notFound("No tag that is watched here bears or bore \(digest.short)….")
        }
        let holders = Set(try await store.holders(of: digest))
        let histories = try await store.histories(of: page.items.map(\.id))
        let items = page.items.flatMap { tag in
            Self.bearings(of: holders, TagRecord(tag, history: histories[tag.id] ?? []))
        }
        return json(ListJSON(items: items, next: page.next))
    }

    private static func bearings(of digests: Set<Digest>, _ record: TagRecord) -> [BearerJSON] {
        let (bearings, marks) = (record.bearings, record.marks)
        return bearings.filter { digests.contains($0.digest) }.map { bearing in
            BearerJSON(
                reference: record.tag.reference, digest: bearing.digest, from: bearing.from, until: bearing.until,
                updatesBehind: Bearing.updatesBehind(bearing, of: bearings, marks: marks),
                wasReverted: bearing.wasReverted, newestDigest: record.tag.digest)
        }
    }
}

struct SettledJSON: Encodable {
    let reference: TagReference
    let digest: Digest
    let from: Timestamp
    @OrNull var until: Timestamp?
    let minAgeDays: Double
    let updatesBehind: Int
}

struct BearerJSON: Encodable {
    let reference: TagReference
    /// The tag's own: where an image was asked for, the index that holds it.
    let digest: Digest
    let from: Timestamp
    @OrNull var until: Timestamp?
    let updatesBehind: Int
    /// The tag went back to an older digest then.
    let wasReverted: Bool
    @OrNull var newestDigest: Digest?
}

extension Query {
    /// A number of days from 0 to ten years.
    func days(_ name: String) throws(Problem) -> Double? {
        guard let text = self[name] else { return nil }
        guard let days = Double(text), (0...3_650).contains(days) else {
            throw .badRequest("\(name) is \"\(PrintableText.excerpt(text))\"; give a number of days from 0 to 3650.")
        }
        return days
    }

    /// Every value of a repeated parameter, in order.
    static func all(_ name: String, in text: String?) throws(Problem) -> [String] {
        var values: [String] = []
        for part in (text ?? "").split(separator: "&") where part.hasPrefix(name + "=") {
            guard let value = PercentCoding.decoded(part.dropFirst(name.count + 1), plusIsSpace: true) else {
                throw .badRequest("The query is not UTF-8.")
            }
            values.append(value)
        }
        return values
    }

    /// The images that a page's address names. A form's empty field is none.
    static func images(in text: String?) throws(Problem) -> [String] {
        try all("image", in: text).map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }.filter { !$0.isEmpty }
    }
}

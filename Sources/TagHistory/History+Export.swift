public import OCI

extension History {
    /// A history as observations, part by part, however long it is.
    public struct Export: Sendable {
        /// Checks that no row tells of, where they were not said yet.
        private var tails: [Timeline.Tail]
        private var last: Change?

        /// - Parameters:
        ///   - newest: the last of all rows that is no mere date; nil where there is none.
        ///   - newestSeen: the last one with a digest.
        public init(newest: Change?, newestSeen: Change?, lastSucceededAt: Timestamp?, lastMissingAt: Timestamp?) {
            tails = Timeline.tails(
                newest: newest, newestSeen: newestSeen, lastSucceededAt: lastSucceededAt, lastMissingAt: lastMissingAt)
        }

        /// - Parameter rows: the next ones, oldest first, hidden ones among them; of a time all or none.
        public mutating func observations(of rows: [Change]) -> [Observation] {
            var entries = Timeline.merged(Timeline.unfolded(rows, after: last))
            last = rows.last ?? last
            let end = entries.last?.observedAt
            insertTails(into: &entries) { tail in end.map { $0 >= tail.observedAt } ?? false }
            return entries.map(Observation.init)
        }

        /// What is later than all rows.
        public mutating func rest() -> [Observation] {
            var entries: [Timeline.Entry] = []
            insertTails(into: &entries) { _ in true }
            return entries.map(Observation.init)
        }

        private mutating func insertTails(into entries: inout [Timeline.Entry], where isDue: (Timeline.Tail) -> Bool) {
            for tail in tails where isDue(tail) { Timeline.insert(tail, into: &entries) }
            tails.removeAll(where: isDue)
        }
    }
}

extension Observation {
    fileprivate init(_ entry: Timeline.Entry) {
        self.init(
            digest: entry.digest, observedAt: entry.observedAt, notBefore: entry.notBefore, pushedAt: entry.pushedAt,
            mediaType: entry.mediaType, source: entry.source)
    }
}

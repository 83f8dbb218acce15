import Logging
public import OCI
import RegistryClient
import Store
public import TagHistory

/// A repository whose tags are followed as they appear.
public struct FollowedSelection: Sendable {
    public let repository: Repository
    public let selection: TagSelection

    public init(repository: Repository, selection: TagSelection) {
        self.repository = repository
        self.selection = selection
    }
}

extension Worker {
    /// Lists followed repositories from time to time, and tracks the tags that their selections choose.
    func discover() async {
        let selections = Dictionary(
            settings.followed.map { ($0.repository, $0.selection) }, uniquingKeysWith: { first, _ in first })
        guard !selections.isEmpty else { return }
        var isKnown = false
        while !Task.isCancelled {
            do {
                if !isKnown { try await store.follow(selections.keys.sorted(), at: clock()) }
                isKnown = true
                let askable = selections.keys.filter { digests.availability(of: $0.registry) == .zero }
                if let repository = try await store.claimListing(
                    of: askable.sorted(), retryAfter: Self.listingLease, at: clock()),
                    let selection = selections[repository]
                {
                    try await list(repository, choosing: selection)
                    continue
                }
            } catch { health.databaseFailed(error) }
            try? await Task.sleep(for: .seconds(min(settings.listingInterval, 5)))
        }
    }

    /// Seconds in which no other worker lists the same repository.
    private static let listingLease = 900.0

    private func list(_ repository: Repository, choosing selection: TagSelection) async throws {
        var tags: [Tag] = []
        do {
            for try await page in digests.tags(of: repository) { tags += page }
        } catch let failure as CheckFailure {
            // A listing that broke off is no reason to drop a tag, nor to choose from a part.
            guard failure.code != .cancelled else { return }
            let pause = max(600, failure.retryAfter.map { $0 / .seconds(1) } ?? 0)
            logger.warning("the tags of \(repository) cannot be listed: \(failure)")
            return try await store.noteListing(
                of: repository, listed: nil, selected: nil, failure: failure.description,
                next: clock().advanced(bySeconds: min(pause, settings.listingInterval)), at: clock())
        }
        let chosen = selection.choose(from: tags).map { TagReference(repository: repository, tag: $0) }
        let known = Set(try await store.discovered(in: repository))
        let room = max(0, settings.maxTracked - (try await store.trackedCount()))
        let unknown = chosen.filter { !known.contains($0) }
        let tracking = try await store.track(Array(unknown.prefix(room)), origin: .discovery, at: clock())
        // Only what the registry has and the selection does not choose any more: what is gone is checked on, and found
        // missing.
        let listed = Set(tags.map { TagReference(repository: repository, tag: $0) })
        let dropped = try await store.untrackDiscovered(
            known.intersection(listed).subtracting(chosen).sorted())
        let failure =
            unknown.count > room
            ? "TAGBEAT_MAX_TRACKED leaves room for \(room) of \(unknown.count) more tags" : nil
        try await store.noteListing(
            of: repository, listed: tags.count, selected: chosen.count, failure: failure,
            next: clock().advanced(bySeconds: settings.listingInterval), at: clock())
        let new = tracking.values.count { $0 == .added }
        if new + dropped > 0 {
            logger.info(
                "\(repository): \(chosen.count) of \(tags.count) tags are followed, \(new) new, \(dropped) gone")
        }
    }
}

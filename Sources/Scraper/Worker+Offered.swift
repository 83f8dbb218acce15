import OCI
import RegistryClient
import Store

extension Worker {
    /// Lists the repositories whose tags somebody looks through, until the task is cancelled.
    func listOffered() async {
        let wake = WakeUp()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in self.store.signal(.work) { wake.yield() } }
            group.addTask {
                while !Task.isCancelled {
                    do {
                        while let repository = try await self.store.claimOffered(
                            lease: Self.offeredLease, at: self.clock())
                        { try await self.listOffered(repository) }
                    } catch { self.health.databaseFailed(error) }
                    await wake.next(within: .seconds(5))
                }
            }
            await group.next()
            group.cancelAll()
        }
    }

    /// Seconds, far more than a listing takes.
    private static let offeredLease = 300.0

    private func listOffered(_ repository: Repository) async throws {
        let listing: OfferedListing
        do {
            var tags: [Tag] = []
            for try await page in digests.tags(of: repository, urgent: true) { tags += page }
            listing = .tags(tags)
        } catch let failure as CheckFailure {
            switch failure.code {
            case .cancelled: return
            case .notFound, .unauthorized: listing = .missing
            default: listing = .failed(failure.description)
            }
        }
        try await store.noteOffered(listing, of: repository, at: clock())
    }
}

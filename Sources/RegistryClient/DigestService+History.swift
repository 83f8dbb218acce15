import NIOCore
public import OCI

extension DigestService {
    /// What a tag bore in the past by its vendor's own records, oldest first.
    ///
    /// - Parameters:
    ///   - since: what ended earlier may be left out.
    ///   - urgent: a person waits.
    /// - Returns: nil where the vendor keeps no record, does not show it to us, or is not to be asked.
    /// - Throws: where the record exists and could not be had in full: `notFound` where there is no such repository.
    public func history(
        of reference: TagReference, since: Timestamp?, urgent: Bool = false
    ) async throws(CheckFailure) -> [PastDigest]? {
        guard let door = door(to: reference.registry), var history = record(of: reference, since: since) else {
            return nil
        }
        var past = [PastDigest]()
        var target: String? = history.start
        var requests = 0
        while let current = target {
            requests += 1
            guard requests <= configuration.limits.historyPages, past.count <= configuration.limits.historyEntries
            else { throw CheckFailure(.tooLarge, "\(door.host) tells a history of \(reference) without end") }
            let askedAt = Timestamp.now()
            let answer = try await ask(
                door.url(current), at: door, of: reference.repository, headers: [("Accept", "application/json")],
                limit: configuration.limits.historyPage, isUrgent: urgent, purpose: .history
            ).answer
            guard try isRecord(answer, of: reference, at: door) else { return nil }
            do {
                let step = try history.read(answer.body.readableBytesView, askedAt: askedAt)
                past += step.past
                target = step.next
            } catch {
                throw CheckFailure(.badAnswer, "\(door.host) \(error.description)")
            }
        }
        return past.sorted { $0.from < $1.from }
    }

    private func record(of reference: TagReference, since: Timestamp?) -> (any VendorHistory)? {
        switch vendor(of: reference.registry) {
        case .quay: QuayHistory(reference, since: since)
        case .chainguard: ChainguardHistory(reference, since: since)
        case .generic, .dockerHub, .ghcr, .google, .ecr, .acr, .harbor, .gitlab: nil
        }
    }

    /// - Returns: false where the vendor has no record for us.
    private func isRecord(
        _ answer: HTTPAnswer, of reference: TagReference, at door: VendorDoor
    ) throws(CheckFailure) -> Bool {
        switch (answer.status, vendor(of: reference.registry)) {
        case (200, _): return true
        // Quay's API takes none of the registry's credentials, so of a private repository it tells nothing.
        case (401, .quay), (403, .quay): return false
        // Chainguard tells it to its customers, and of some images only.
        case (403, .chainguard), (404, .chainguard): return false
        case (404, _):
            throw CheckFailure(
                .notFound, "\(door.host) has no repository \(reference.repository.path), or does not show it")
        default: throw CheckFailure(status: answer, host: door.host)
        }
    }
}

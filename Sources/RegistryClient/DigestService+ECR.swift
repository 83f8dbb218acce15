import OCI

/// ECR's own API is signed and asked by POST, so it has a way of its own.
extension DigestService {
    /// Whether this repository's images can be described: it is ECR's, and there are keys to sign with.
    func canDescribeImages(of repository: Repository) async -> Bool {
        await clouds.ecr.canDescribeImages(of: repository)
    }

    /// One page of DescribeImages.
    ///
    /// - Parameter token: the page before's `next`.
    /// - Returns: nil where `canDescribeImages` is false.
    func describeImages(
        of repository: Repository, after token: String?, isUrgent: Bool, purpose: RequestPurpose
    ) async throws(CheckFailure) -> ECRImagePage? {
        let askedAt = Timestamp.now()
        let body = try await clouds.ecr.describeImages(
            of: repository, after: token, isUrgent: isUrgent, purpose: purpose)
        guard let body else { return nil }
        do {
            return try ECRImagePage(parsing: body, askedAt: askedAt)
        } catch {
            throw CheckFailure(.badAnswer, "ECR's list of \(repository)'s images cannot be read")
        }
    }
}

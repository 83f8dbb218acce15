extension Result where Failure == any Error {
    /// What `body` returned or threw, so that something can be tidied up before it counts.
    init(of body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}

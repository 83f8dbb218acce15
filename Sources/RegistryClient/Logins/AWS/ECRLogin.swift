import NIOCore
import NIOHTTP1
import OCI

/// ECR's own API: passwords for its registries, and what images a repository holds.
final class ECRLogin: CredentialSource {
    private let settings: CloudSettings
    /// Registries of other names that the operator says are ECR's.
    private let named: Set<Registry>
    private let door: CloudDoor
    private let chain: AWSKeyChain
    private let passwords: Renewed<ECRRegistry, Credentials?>

    /// A password lasts for twelve hours.
    private static let margin: Double = 900
    private static let answerLimit = 16 * 1_024 * 1_024

    init(settings: CloudSettings, named: Set<Registry>, door: CloudDoor, time: TimeSource) {
        self.settings = settings
        self.named = named
        self.door = door
        chain = AWSKeyChain(settings: settings, door: door, time: time)
        passwords = Renewed(time: time)
    }

    func credentials(for registry: Registry) async throws -> Credentials? {
        guard let place = place(of: registry) else { return nil }
        return try await passwords.value(for: place) { () async throws(CheckFailure) in
            guard let keys = try await chain.find(region: place.region, for: registry) else {
                return .init(value: nil, lifetime: .seconds(60))
            }
            let answer = try await ask(
                "GetAuthorizationToken", "{}", place, keys, for: registry, limit: CloudDoor.answerLimit)
            guard let token = ECRAuthorization(parsing: answer) else {
                throw CheckFailure(.badAnswer, "ECR in \(place.region) answered without a password")
            }
            let left = (token.expiresAt?.seconds(since: door.now()) ?? 3_600) - Self.margin
            // One that has run out already is tried, and asked for again soon.
            return .init(value: token.credentials, lifetime: .seconds(min(max(left, 30), 43_200)))
        }
    }

    /// Whether its images can be described: it is a private registry of ECR's, and there are keys.
    func canDescribeImages(of repository: Repository) async -> Bool {
        guard let place = place(of: repository.registry) else { return false }
        return (try? await chain.find(region: place.region, for: repository.registry)).flatMap(\.self) != nil
    }

    /// One page of DescribeImages, as it was answered.
    /// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html
    ///
    /// - Parameter token: the page before's `nextToken`.
    /// - Returns: nil where `canDescribeImages` is false.
    func describeImages(
        of repository: Repository, after token: String?, isUrgent: Bool, purpose: RequestPurpose
    ) async throws(CheckFailure) -> ByteBufferView? {
        guard let place = place(of: repository.registry),
            let keys = try await chain.find(region: place.region, for: repository.registry)
        else { return nil }
        let body = ECRQuestion(repository: repository.path, account: place.account, after: token)
        return try await ask(
            "DescribeImages", try body.text(), place, keys, for: repository.registry, limit: Self.answerLimit,
            isUrgent: isUrgent, purpose: purpose)
    }

    private func place(of registry: Registry) -> ECRRegistry? {
        ECRRegistry(registry) ?? (named.contains(registry) ? ECRRegistry(namedByOperator: settings) : nil)
    }

    private func ask(
        _ action: String, _ body: String, _ ecr: ECRRegistry, _ keys: AWSKeys, for registry: Registry, limit: Int,
        isUrgent: Bool = false, purpose: RequestPurpose = .token
    ) async throws(CheckFailure) -> ByteBufferView {
        let place = try ecr.place(settings)
        let origin = place.url.origin
        let isUsual = origin.port == origin.scheme.defaultPort
        let bracketed = origin.host.contains(":") ? "[\(origin.host)]" : origin.host
        let headers = [
            ("Content-Type", "application/x-amz-json-1.1"),
            ("X-Amz-Target", "AmazonEC2ContainerRegistry_V20150921." + action),
        ]
        let signed = SignatureV4(keys: keys, region: ecr.region, service: "ecr").headers(
            "POST", place.url.target,
            signing: headers + [("Host", isUsual ? bracketed : "\(bracketed):\(origin.port)")],
            body: body.utf8, at: door.now())
        let answer = try await door.ask(
            .POST, place.url, for: registry, isOperators: place.isOperators, headers: headers + signed, body: body,
            limit: limit, isUrgent: isUrgent, purpose: purpose)
        if answer.status == 200 { return answer.body.readableBytesView }
        guard (400..<500).contains(answer.status), answer.status != 429 else {
            throw CheckFailure(status: answer, host: origin.host)
        }
        let name = AWSErrorName.find(in: answer.body.readableBytesView)
        let text = "ECR in \(ecr.region) answered \(answer.status)" + (name.map { " (\($0))" } ?? "")
        switch name {
        case "ThrottlingException", "LimitExceededException", "TooManyRequestsException":
            throw CheckFailure(.rateLimited, text, retryAfter: answer.retryAfter)
        case "RepositoryNotFoundException": throw CheckFailure(.notFound, text)
        default: throw CheckFailure(.unauthorized, text)
        }
    }
}

import NIOCore
import NIOHTTP1
import OCI

/// Finds the operator's AWS keys where AWS's own programs look for them, in their order.
/// https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
struct AWSKeyChain: Sendable {
    let settings: CloudSettings
    let door: CloudDoor
    private let keys: Renewed<String, AWSKeys?>

    init(settings: CloudSettings, door: CloudDoor, time: TimeSource) {
        self.settings = settings
        self.door = door
        keys = Renewed(time: time)
    }

    /// - Parameters:
    ///   - region: of the registry that the keys are for; another may be asked for them.
    ///   - registry: on whose behalf; the keys are the same for all.
    /// - Returns: nil where there are none.
    func find(region: String, for registry: Registry) async throws(CheckFailure) -> AWSKeys? {
        // Only where a role is assumed does the region matter, and that one is in the settings or the registry's.
        let region = settings.variable("AWS_REGION") ?? settings.variable("AWS_DEFAULT_REGION") ?? region
        let key = settings.variable("AWS_WEB_IDENTITY_TOKEN_FILE") == nil ? "" : region
        return try await keys.value(for: key) { () async throws(CheckFailure) in
            let found = try await look(region, registry)
            // Files change; what runs out is fetched again well before.
            let left = found?.expiresAt.map { $0.seconds(since: door.now()) - 300 } ?? 300
            return .init(value: found, lifetime: .seconds(min(max(left, 10), 3_600)))
        }
    }

    private func look(_ region: String, _ registry: Registry) async throws(CheckFailure) -> AWSKeys? {
        if let found = AWSKeys(
            settings.variable("AWS_ACCESS_KEY_ID"), settings.variable("AWS_SECRET_ACCESS_KEY"),
            token: settings.variable("AWS_SESSION_TOKEN"))
        {
            return found
        }
        if let found = try await webIdentity(region, registry) { return found }
        if let found = try profile() { return found }
        if let found = try await container(registry) { return found }
        return try await instance(registry)
    }

    // MARK: Files

    private func profile() throws(CheckFailure) -> AWSKeys? {
        let named = settings.variable("AWS_PROFILE") ?? settings.variable("AWS_DEFAULT_PROFILE")
        let name = named ?? "default"
        var other: String?
        var isKnown = false
        for (variable, usual, isConfig) in [
            ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials", false), ("AWS_CONFIG_FILE", "~/.aws/config", true),
        ] {
            guard let text = try? OperatorFile.text(settings.path(settings.variable(variable) ?? usual)),
                let profile = AWSProfile.settings(of: name, in: text, isConfig: isConfig)
            else { continue }
            isKnown = true
            if let found = AWSKeys(
                profile["aws_access_key_id"], profile["aws_secret_access_key"], token: profile["aws_session_token"])
            {
                return found
            }
            other =
                other
                ?? ["role_arn", "sso_session", "sso_start_url", "credential_process"].first { profile[$0] != nil }
        }
        if let other {
            throw CheckFailure(
                .configuration, "the AWS profile \(PrintableText.excerpt(name)) uses \(other), which is not supported")
        }
        guard named == nil || isKnown else {
            throw CheckFailure(.configuration, "there is no AWS profile \(PrintableText.excerpt(name))")
        }
        return nil
    }

    // MARK: Roles

    /// A Kubernetes service account's role. https://docs.aws.amazon.com/eks/latest/userguide/iam-roles-for-service-accounts.html
    private func webIdentity(_ region: String, _ registry: Registry) async throws(CheckFailure) -> AWSKeys? {
        guard let file = settings.variable("AWS_WEB_IDENTITY_TOKEN_FILE"), let role = settings.variable("AWS_ROLE_ARN")
        else { return nil }
        guard let token = try? OperatorFile.token(file) else {
            throw CheckFailure(.configuration, "the file AWS_WEB_IDENTITY_TOKEN_FILE cannot be read")
        }
        let place =
            try AWSEndpoint.written("STS", settings) ?? .wellKnown("sts.\(region).\(AWSEndpoint.domain(of: region))")
        let answer = try await door.post(
            [
                ("Action", "AssumeRoleWithWebIdentity"), ("Version", "2011-06-15"), ("RoleArn", role),
                ("RoleSessionName", settings.variable("AWS_ROLE_SESSION_NAME") ?? "tagbeat"),
                ("WebIdentityToken", token),
            ], to: place.url, for: registry, isOperators: place.isOperators)
        return try found(AWSKeys(xml: answer.body.readableBytesView), in: answer, "AWS's token service")
    }

    /// https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
    private func container(_ registry: Registry) async throws(CheckFailure) -> AWSKeys? {
        let place: CloudPlace
        if let path = settings.variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
            place = try .named(
                "http://169.254.170.2" + path, by: "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", mayBePlain: true)
        } else if let url = settings.variable("AWS_CONTAINER_CREDENTIALS_FULL_URI") {
            let agents = ["169.254.170.2", "169.254.170.23", "fd00:ec2::23"]
            let isAgent = RemoteURL(parsing: url).map { agents.contains($0.origin.host) } ?? false
            place = try .named(url, by: "AWS_CONTAINER_CREDENTIALS_FULL_URI", mayBePlain: isAgent)
        } else {
            return nil
        }
        var headers = [("Accept", "application/json")]
        var token = settings.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN")
        if let file = settings.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
            token = try? OperatorFile.token(file)
            if token == nil {
                throw CheckFailure(.configuration, "the file AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE cannot be read")
            }
        }
        if let token { headers.append(("Authorization", try AWSMetadata.headerLine(token.utf8))) }
        let answer = try await door.ask(.GET, place.url, for: registry, isOperators: true, headers: headers)
        return try found(
            AWSKeys(parsing: answer.body.readableBytesView), in: answer, "the container's credentials service")
    }

    /// IMDSv2. https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html
    private func instance(_ registry: Registry) async throws(CheckFailure) -> AWSKeys? {
        let disabled = settings.variable("AWS_EC2_METADATA_DISABLED")?.lowercased()
        let written = settings.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT")
        guard disabled != "true", written != nil || disabled == "false" || settings.isOnEC2 else { return nil }
        let base = try CloudPlace.named(
            written ?? "http://169.254.169.254", by: "AWS_EC2_METADATA_SERVICE_ENDPOINT", mayBePlain: true)
        let token = try await door.ask(
            .PUT, base.appending("/latest/api/token").url, for: registry, isOperators: true,
            headers: [("X-aws-ec2-metadata-token-ttl-seconds", "300")])
        guard token.status == 200 else { throw CheckFailure(status: token, host: base.url.origin.host) }
        let headers = [
            ("X-aws-ec2-metadata-token", try AWSMetadata.headerLine(token.body.readableBytesView))
        ]
        let roles = base.appending("/latest/meta-data/iam/security-credentials/")
        let list = try await door.ask(.GET, roles.url, for: registry, isOperators: true, headers: headers)
        // An instance without a role.
        if list.status == 404 { return nil }
        guard list.status == 200 else { throw CheckFailure(status: list, host: base.url.origin.host) }
        guard let role = AWSMetadata.rolePath(in: list.body.readableBytesView) else { return nil }
        let answer = try await door.ask(
            .GET, roles.appending("/" + role).url, for: registry, isOperators: true, headers: headers)
        return try found(AWSKeys(parsing: answer.body.readableBytesView), in: answer, "the instance's metadata service")
    }

    private func found(_ keys: AWSKeys?, in answer: HTTPAnswer, _ place: String) throws(CheckFailure) -> AWSKeys {
        if answer.status == 200, let keys { return keys }
        guard answer.status != 200 else { throw CheckFailure(.badAnswer, "\(place) answered without keys") }
        throw CheckFailure(
            answer.status < 500 ? .unauthorized : .serverError, "\(place) answered \(answer.status)")
    }
}

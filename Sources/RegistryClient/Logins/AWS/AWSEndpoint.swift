/// Where AWS's services answer. https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
enum AWSEndpoint {
    /// What `AWS_ENDPOINT_URL_<SERVICE>` or `AWS_ENDPOINT_URL` says.
    static func written(_ service: String, _ settings: CloudSettings) throws(CheckFailure) -> CloudPlace? {
        guard settings.variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")?.lowercased() != "true" else { return nil }
        for name in ["AWS_ENDPOINT_URL_" + service, "AWS_ENDPOINT_URL"] {
            if let text = settings.variable(name) { return try .named(text, by: name, mayBePlain: true) }
        }
        return nil
    }

    static func domain(of region: String) -> String {
        region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com"
    }
}

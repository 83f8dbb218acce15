import OCI

/// A place that the operator's environment or files name, or a public one that is well known.
struct CloudPlace: Hashable, Sendable {
    let url: RemoteURL
    let isOperators: Bool

    /// A public place, which only its text here decides.
    static func wellKnown(_ host: String, _ target: String = "/") -> CloudPlace {
        CloudPlace(
            url: RemoteURL(origin: Origin(scheme: .https, host: host, port: 443), target: target), isOperators: false)
    }

    /// - Parameter mayBePlain: plain HTTP is good for what answers on this machine's own network without secrets; a
    ///   place that is shown secrets is asked by HTTPS, or on loopback.
    /// - Throws: `configuration`, naming the setting and not its value.
    static func named(_ text: String, by setting: String, mayBePlain: Bool = false) throws(CheckFailure) -> CloudPlace {
        guard let url = RemoteURL(parsing: text) else {
            throw CheckFailure(.configuration, "\(setting) is not a URL such as https://host[:port]")
        }
        guard url.origin.scheme == .https || mayBePlain || PrivateRegistries.isLoopback(url.origin.host) else {
            throw CheckFailure(.configuration, "\(setting) is not an https URL")
        }
        return CloudPlace(url: url, isOperators: true)
    }

    func appending(_ path: String) -> CloudPlace {
        let target = url.target.withoutFinalSlashes + path
        return CloudPlace(url: RemoteURL(origin: url.origin, target: String(target)), isOperators: isOperators)
    }
}

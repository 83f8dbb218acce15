@testable import OCI
@testable import RegistryClient

extension FuzzedParser {
    static let addresses = [
        FuzzedParser("url", longest: 17_000) { bytes in
            // A base and what is found in its answer, each in a line.
            let lines = bytes.split(separator: 0x0A, maxSplits: 1).map { text($0) }
            let base = lines.first.flatMap { RemoteURL(parsing: $0) }
            if let base { try check(base) }
            let reference = lines.last ?? ""
            for base in [base, RemoteURL(parsing: "https://registry.test/v2/a/tags/list?n=2")] {
                guard let base, let url = base.resolving(reference) else { continue }
                try check(url)
                let hasAuthority = reference.hasPrefix("//") || reference.contains(":")
                try require(hasAuthority || url.origin == base.origin, "\(reference) leads away from \(base.origin)")
            }
        },
        FuzzedParser("endpoint", longest: 9_000) { bytes in
            let text = text(bytes)
            do {
                let endpoint = try Endpoint(parsing: text)
                try require(endpoint.path.isEmpty || endpoint.path.hasPrefix("/"), "the path \(endpoint.path)")
                try require(!endpoint.path.hasSuffix("/"), "the path \(endpoint.path)")
                let again = try Endpoint(parsing: endpoint.description)
                try require(again.origin == endpoint.origin, "\(endpoint) reads as \(again)")
            } catch let error as SettingError {
                try requireShowable(error)
            }
            _ = try? PrivateRegistries(parsing: text)
            if let registry = DockerConfig.registry(text) {
                try require((try? Registry(parsing: registry.name)) == registry, "\(registry) reads as another")
                try checkCloud(registry)
            }
        },
        FuzzedParser("proxy", longest: 9_000, readings: 4) { bytes in
            // A proxy, what is not for it, and who is asked, each in a line.
            let lines = bytes.split(separator: 0x0A, maxSplits: 2, omittingEmptySubsequences: false).map { text($0) }
            do {
                let proxy = try Proxy(parsing: lines[0], variable: "https_proxy")
                try require((1...65_535).contains(proxy.port) && !proxy.host.isEmpty, "\(proxy)")
            } catch let error as SettingError {
                try requireShowable(error)
                try require(error.description.utf8.count <= 200, "what was written is in \(error)")
            }
            guard lines.count > 1 else { return }
            let exceptions = ProxyExceptions(parsing: lines[1])
            let host = lines.count > 2 ? lines[2] : "10.1.2.3"
            guard let url = RemoteURL(parsing: "https://" + host) else { return }
            _ = exceptions.contains(url.origin)
            let everything = ProxyExceptions(parsing: lines[1] + ",*").contains(url.origin)
            try require(everything, "* is not everything after \(lines[1])")
            let itself = ProxyExceptions(parsing: lines[1] + "," + url.origin.hostPort.description)
            try require(itself.contains(url.origin), "\(url.origin) is not an exception by its own name")
            guard let address = AddressBytes(parsing: url.origin.host) else { return }
            try require([4, 16].contains(address.bytes.count), "an address of \(address.bytes.count) bytes")
            let isInside = ProxyGuard.isInside(url.origin.host)
            try require(isInside != AddressRules.isPublic(address), "\(url.origin.host) passes by its spelling")
            try require(isInside || !address.isOfThisLink, "\(url.origin.host) is on this link")
        },
    ]

    /// A login is for the cloud's own hosts alone.
    private static func checkCloud(_ registry: Registry) throws {
        let host = registry.host.lowercased()
        let domains: [Vendor: [String]] = [
            .google: ["gcr.io", "pkg.dev", "registry.k8s.io"], .acr: ["azurecr.io", "azurecr.cn", "azurecr.us"],
        ]
        if let domains = domains[Vendor(guessing: registry)] {
            try require(domains.contains { host == $0 || host.hasSuffix("." + $0) }, "\(registry) is a cloud's")
        }
        guard let ecr = ECRRegistry(registry) else { return }
        let domain = ecr.isChina ? ".amazonaws.com.cn" : ".amazonaws.com"
        try require(host.hasSuffix(domain) && !ecr.region.contains("."), "\(registry) is ECR's")
        let place = try ecr.place(CloudSettings())
        try require(!place.isOperators && place.url.origin.host.hasSuffix(domain), "\(place.url.origin) is ECR's")
        try require(RemoteURL(parsing: place.url.text) == place.url, "\(place.url.origin) reads as another")
    }

    private static func check(_ url: RemoteURL) throws {
        let text = url.text
        try require(text.utf8.count <= 2 * RemoteURL.longest, "an address of \(text.utf8.count) bytes")
        guard let again = RemoteURL(parsing: text) else {
            throw BrokenProperty(description: "cannot be read again: \(text)")
        }
        try require(again == url, "\(text) reads as \(again)")
        try require(url.target.hasPrefix("/"), "the target \(url.target)")
        try require(!url.target.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7f || $0 == 0x23 }), "\(url.target)")
        let origin = url.origin
        try require((1...65_535).contains(origin.port), "the port \(origin.port)")
        try require(!origin.host.isEmpty && origin.host == origin.host.lowercased(), "the host \(origin.host)")
        try require(!origin.host.utf8.contains(where: { "@/?#[]%\\".utf8.contains($0) }), "the host \(origin.host)")
        try require(!origin.host.hasSuffix("."), "the host \(origin.host)")
    }
}

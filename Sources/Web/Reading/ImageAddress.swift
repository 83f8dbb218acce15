/// Where people find an image, which is not how it is named: `docker://alpine:3` in pipelines, an image's page on the web.
enum ImageAddress {
    static let docker = "docker://"

    /// The image's name; nil for what is no such address.
    static func image(at text: some StringProtocol) -> String? {
        let lower = text.lowercased()
        if lower.hasPrefix(docker) { return String(text.dropFirst(docker.count)) }
        guard lower.hasPrefix("https://") || lower.hasPrefix("http://"), let mark = text.firstRange(of: "://") else {
            return nil
        }
        let path = String(text[mark.upperBound...].prefix { $0 != "?" && $0 != "#" })
        let parts = path.split(separator: "/").map { String($0) }
        switch parts.first?.lowercased() {
        case "hub.docker.com", "www.hub.docker.com": return hub(parts.dropFirst())
        case "quay.io" where parts.count == 4 && parts[1] == "repository": return "quay.io/\(parts[2])/\(parts[3])"
        case "github.com" where parts.count >= 6 && parts[3...4] == ["pkgs", "container"]:
            return "ghcr.io/\(parts[1])/\(PercentCoding.decoded(parts[5][...]) ?? parts[5])".lowercased()
        default: return nil
        }
    }

    /// `_/python`, `r/grafana/grafana/tags`, `layers/library/python/3.12/images/…`
    private static func hub(_ parts: ArraySlice<String>) -> String? {
        let parts = Array(parts)
        switch parts.first {
        case "_" where parts.count >= 2: return parts[1]
        case "r" where parts.count >= 3: return "\(parts[1])/\(parts[2])"
        case "layers" where parts.count >= 4: return "\(parts[1])/\(parts[2]):\(parts[3])"
        default: return nil
        }
    }
}

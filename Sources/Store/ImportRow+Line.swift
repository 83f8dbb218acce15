import OCI
import TagHistory

extension ImportRow {
    /// One line of NDJSON, without its end: what exports write and imports read. Times, digests and names need no
    /// escaping in JSON, so none is done.
    public var line: String {
        var text = "{\"image\":\"\(reference)\",\"digest\":"
        text += observation.digest.map { "\"\($0)\"" } ?? "null"
        text += ",\"observedAt\":\"\(observation.observedAt)\""
        if let time = observation.notBefore { text += ",\"notBefore\":\"\(time)\"" }
        if let time = observation.pushedAt { text += ",\"pushedAt\":\"\(time)\"" }
        if let type = observation.mediaType { text += ",\"mediaType\":\"\(type)\"" }
        return text + ",\"source\":\"\(observation.source.name)\"}"
    }
}

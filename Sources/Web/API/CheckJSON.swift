import OCI
import Store

/// How a requested check ended; while it has not, everything but the reference is null.
struct CheckJSON: Encodable {
    let reference: TagReference
    let report: CheckReport?

    private enum CodingKeys: CodingKey { case reference, outcome, digest, reason, checkedAt }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(reference, forKey: .reference)
        try container.encode(report?.outcome.name, forKey: .outcome)
        try container.encode(report?.digest, forKey: .digest)
        try container.encode(report?.reason, forKey: .reason)
        try container.encode(report?.checkedAt, forKey: .checkedAt)
    }
}

package import OCI
package import Store

/// How a requested check ended; while it has not, everything but the reference is null.
package struct CheckJSON: Encodable {
    let reference: TagReference
    @OrNull var outcome: String?
    @OrNull var digest: Digest?
    @OrNull var reason: String?
    @OrNull var checkedAt: Timestamp?

    package init(reference: TagReference, report: CheckReport?) {
        self.reference = reference
        outcome = report?.outcome.name
        digest = report?.digest
        reason = report?.reason
        checkedAt = report?.checkedAt
    }
}

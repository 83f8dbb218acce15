import OCI
import TagHistory

/// An observation in the order of import and as bytes, the way it waits on disk: its reference, then the rest.
struct SpooledRow {
    let key: [UInt8]
    let observation: Observation

    /// Nil at the end of the bytes; `position` moves on.
    init?(_ bytes: [UInt8], at position: inout Int) {
        guard position < bytes.count else { return nil }
        var reader = SpoolReader(bytes: bytes, position: position)
        key = reader.bytes(Int(reader.integer() as UInt16))
        let observedAt = Timestamp(microseconds: reader.integer())
        let flags: UInt8 = reader.integer()
        let notBefore = flags & 1 == 0 ? nil : Timestamp(microseconds: reader.integer())
        let pushedAt = flags & 2 == 0 ? nil : Timestamp(microseconds: reader.integer())
        let source = Source(rawValue: Int16(flags >> 2 & 7)) ?? .imported
        let mediaType = MediaType(
            header: String(decoding: reader.bytes(Int(reader.integer() as UInt16)), as: UTF8.self))
        let digest = try? Digest(bytes: reader.bytes(Int(reader.integer() as UInt8)))
        observation = Observation(
            digest: digest, observedAt: observedAt, notBefore: notBefore, pushedAt: pushedAt, mediaType: mediaType,
            source: source)
        position = reader.position
    }

    static func append(_ row: ImportRow, to bytes: inout [UInt8]) {
        let key = row.reference.description.utf8
        bytes.append(integer: UInt16(key.count))
        bytes.append(contentsOf: key)
        let observation = row.observation
        bytes.append(integer: observation.observedAt.microseconds)
        let (before, pushed): (UInt8, UInt8) = (
            observation.notBefore == nil ? 0 : 1, observation.pushedAt == nil ? 0 : 2
        )
        bytes.append(before | pushed | UInt8(observation.source.rawValue) << 2)
        if let time = observation.notBefore { bytes.append(integer: time.microseconds) }
        if let time = observation.pushedAt { bytes.append(integer: time.microseconds) }
        let mediaType = (observation.mediaType?.description ?? "").utf8.prefix(Int(UInt16.max))
        bytes.append(integer: UInt16(mediaType.count))
        bytes.append(contentsOf: mediaType)
        let digest = observation.digest?.bytes ?? []
        bytes.append(UInt8(digest.count))
        bytes.append(contentsOf: digest)
    }
}

private struct SpoolReader {
    let bytes: [UInt8]
    var position: Int

    mutating func integer<Value: FixedWidthInteger>() -> Value {
        defer { position += MemoryLayout<Value>.size }
        return bytes.withUnsafeBytes { Value(bigEndian: $0.loadUnaligned(fromByteOffset: position, as: Value.self)) }
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        defer { position += count }
        return Array(bytes[position..<position + count])
    }
}

extension [UInt8] {
    fileprivate mutating func append(integer value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }
}

public import LibPQ
public import OCI
public import TagHistory

// How the domain's values stand in PostgreSQL: one place for each.

extension Timestamp: PostgresEncodable, PostgresDecodable {
    public static var postgresType: PostgresType { .timestamptz }
    public static func accepts(_ type: PostgresType) -> Bool { type == .timestamptz }
    public func encode(into buffer: inout [UInt8]) { EpochMicroseconds(microseconds).encode(into: &buffer) }
    public static func decode(_ bytes: UnsafeRawBufferPointer, type: PostgresType) -> Timestamp? {
        EpochMicroseconds.decode(bytes, type: type).map { Timestamp(microseconds: $0.value) }
    }
}

/// The bytes alone: their number tells the algorithm.
extension Digest: PostgresEncodable, PostgresDecodable {
    public static var postgresType: PostgresType { .bytea }
    public static func accepts(_ type: PostgresType) -> Bool { type == .bytea }
    public func encode(into buffer: inout [UInt8]) { buffer.append(contentsOf: bytes) }
    public static func decode(_ bytes: UnsafeRawBufferPointer, type: PostgresType) -> Digest? {
        try? Digest(bytes: Array(bytes))
    }
}

extension TagReference: PostgresEncodable, PostgresDecodable {
    public static var postgresType: PostgresType { .text }
    public static func accepts(_ type: PostgresType) -> Bool { type == .text }
    public func encode(into buffer: inout [UInt8]) { description.encode(into: &buffer) }
    public static func decode(_ bytes: UnsafeRawBufferPointer, type: PostgresType) -> TagReference? {
        try? TagReference(parsing: String(decoding: bytes, as: UTF8.self))
    }
}

extension Tag: PostgresEncodable, PostgresDecodable {
    public static var postgresType: PostgresType { .text }
    public func encode(into buffer: inout [UInt8]) { name.encode(into: &buffer) }
    public static func accepts(_ type: PostgresType) -> Bool { type == .text }
    public static func decode(_ bytes: UnsafeRawBufferPointer, type: PostgresType) -> Tag? {
        try? Tag(parsing: String(decoding: bytes, as: UTF8.self))
    }
}

extension MediaType: PostgresEncodable, PostgresDecodable {
    public static var postgresType: PostgresType { .text }
    public static func accepts(_ type: PostgresType) -> Bool { type == .text }
    public func encode(into buffer: inout [UInt8]) { description.encode(into: &buffer) }
    public static func decode(_ bytes: UnsafeRawBufferPointer, type: PostgresType) -> MediaType? {
        MediaType(header: String(decoding: bytes, as: UTF8.self))
    }
}

/// An enumeration that is stored as its number.
public protocol StoredAsNumber: PostgresEncodable, PostgresDecodable, RawRepresentable<Int16> {}

extension StoredAsNumber {
    public static var postgresType: PostgresType { .int2 }
    public static func accepts(_ type: PostgresType) -> Bool { type == .int2 }
    public func encode(into buffer: inout [UInt8]) { rawValue.encode(into: &buffer) }
    public static func decode(_ bytes: UnsafeRawBufferPointer, type: PostgresType) -> Self? {
        Int16.decode(bytes, type: type).flatMap(Self.init(rawValue:))
    }
}

extension ChangeKind: StoredAsNumber {}
extension Source: StoredAsNumber {}
extension TagState: StoredAsNumber {}
extension TagOrigin: StoredAsNumber {}
extension CheckOutcome: StoredAsNumber {}

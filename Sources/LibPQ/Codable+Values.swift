extension String: PostgresCodable {
    @inlinable public static var postgresType: PostgresType { .text }
    @inlinable public static func accepts(_ type: PostgresType) -> Bool {
        type == .text || type == .varchar || type == .name || type == .json || type == .jsonb
    }
    /// PostgreSQL's text cannot hold U+0000; such a value is refused by the server with SQLSTATE 22021.
    @inlinable public func encode(into buffer: inout [UInt8]) { buffer.append(contentsOf: utf8) }
    @inlinable public static func decode(_ bytes: UnsafeRawBufferPointer, type: PostgresType) -> String? {
        // jsonb's binary format is one version byte before the text.
        guard type == .jsonb else { return String(decoding: bytes, as: UTF8.self) }
        guard bytes.first == 1 else { return nil }
        return String(decoding: bytes.dropFirst(), as: UTF8.self)
    }
}

/// A `bytea`. Not `[UInt8]` itself, which is an array to Swift and would be `smallint[]` to PostgreSQL.
public struct ByteString: Hashable, Sendable, PostgresCodable {
    public var bytes: [UInt8]
    @inlinable public init(_ bytes: [UInt8]) { self.bytes = bytes }

    @inlinable public static var postgresType: PostgresType { .bytea }
    @inlinable public static func accepts(_ type: PostgresType) -> Bool { type == .bytea }
    @inlinable public func encode(into buffer: inout [UInt8]) { buffer.append(contentsOf: bytes) }
    @inlinable public static func decode(_ bytes: UnsafeRawBufferPointer, type: PostgresType) -> ByteString? {
        ByteString(Array(bytes))
    }
}

/// A row's place in its table (`tid`), which it keeps until it is updated; then another row may come there.
public struct RowPlace: Hashable, Sendable, PostgresCodable {
    public let page: UInt32
    public let item: UInt16
    @inlinable public init(page: UInt32, item: UInt16) { (self.page, self.item) = (page, item) }

    @inlinable public static var postgresType: PostgresType { .tid }
    @inlinable public static func accepts(_ type: PostgresType) -> Bool { type == .tid }
    @inlinable public func encode(into buffer: inout [UInt8]) {
        page.appendBigEndian(to: &buffer)
        item.appendBigEndian(to: &buffer)
    }
    @inlinable public static func decode(_ bytes: UnsafeRawBufferPointer, type: PostgresType) -> RowPlace? {
        guard bytes.count == 6 else { return nil }
        return RowPlace(
            page: UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self)),
            item: UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt16.self)))
    }
}

/// JSON text for a `jsonb` column.
public struct JSONText: Hashable, Sendable, PostgresCodable {
    public var text: String
    @inlinable public init(_ text: String) { self.text = text }

    @inlinable public static var postgresType: PostgresType { .jsonb }
    @inlinable public static func accepts(_ type: PostgresType) -> Bool { type == .jsonb || type == .json }
    @inlinable public func encode(into buffer: inout [UInt8]) {
        buffer.append(1)
        buffer.append(contentsOf: text.utf8)
    }
    @inlinable public static func decode(_ bytes: UnsafeRawBufferPointer, type: PostgresType) -> JSONText? {
        String.decode(bytes, type: type).map(JSONText.init)
    }
}

/// A `timestamptz`: microseconds since 1970-01-01T00:00:00Z.
///
/// PostgreSQL counts from 2000-01-01 and reserves the two extreme values for ±infinity, which decode to nil here, as do
/// its last 30 years before 294277, which no 64-bit count from 1970 can hold.
public struct EpochMicroseconds: Hashable, Comparable, Sendable, PostgresCodable {
    public var value: Int64
    @inlinable public init(_ value: Int64) { self.value = value }

    @inlinable static var year2000: Int64 { 946_684_800_000_000 }

    public static func < (left: Self, right: Self) -> Bool { left.value < right.value }
    @inlinable public static var postgresType: PostgresType { .timestamptz }
    @inlinable public static func accepts(_ type: PostgresType) -> Bool { type == .timestamptz }
    @inlinable public func encode(into buffer: inout [UInt8]) {
        // What is too early by far must not become −infinity: the server refuses this one as out of range.
        let (shifted, overflow) = value.subtractingReportingOverflow(Self.year2000)
        (overflow || shifted == .min ? .min + 1 : shifted).appendBigEndian(to: &buffer)
    }
    @inlinable public static func decode(_ bytes: UnsafeRawBufferPointer, type: PostgresType) -> Self? {
        guard let value = Int64(bigEndianBytes: bytes), value != .max, value != .min else { return nil }
        let (shifted, overflow) = value.addingReportingOverflow(year2000)
        return overflow ? nil : Self(shifted)
    }
}

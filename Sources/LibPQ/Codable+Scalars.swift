/// A value that can be sent to PostgreSQL, in its binary format.
public protocol PostgresEncodable: Sendable {
    static var postgresType: PostgresType { get }
    var isNull: Bool { get }
    /// Appends the binary representation without its length.
    func encode(into buffer: inout [UInt8])
}

extension PostgresEncodable {
    @inlinable public var isNull: Bool { false }
}

/// A value that can be read from a PostgreSQL column in its binary format.
public protocol PostgresDecodable: Sendable {
    static func accepts(_ type: PostgresType) -> Bool
    /// - Returns: nil where the bytes are not a value of this type; the row's decoder names the column then.
    static func decode(_ bytes: UnsafeRawBufferPointer, type: PostgresType) -> Self?
    /// The value for NULL; nil where NULL is no value of this type, as for all but optionals.
    static func decodeNull() -> Self?
}

extension PostgresDecodable {
    @inlinable public static func decodeNull() -> Self? { nil }
}

public typealias PostgresCodable = PostgresEncodable & PostgresDecodable

extension FixedWidthInteger {
    @inline(__always) @inlinable
    func appendBigEndian(to buffer: inout [UInt8]) {
        withUnsafeBytes(of: bigEndian) { buffer.append(contentsOf: $0) }
    }

    @inline(__always) @inlinable
    init?(bigEndianBytes bytes: UnsafeRawBufferPointer) {
        guard bytes.count == MemoryLayout<Self>.size else { return nil }
        self.init(bigEndian: bytes.loadUnaligned(as: Self.self))
    }
}

extension Int16: PostgresCodable {
    @inlinable public static var postgresType: PostgresType { .int2 }
    @inlinable public static func accepts(_ type: PostgresType) -> Bool { type == .int2 }
    @inlinable public func encode(into buffer: inout [UInt8]) { appendBigEndian(to: &buffer) }
    @inlinable public static func decode(_ bytes: UnsafeRawBufferPointer, type: PostgresType) -> Int16? {
        Int16(bigEndianBytes: bytes)
    }
}

extension Int32: PostgresCodable {
    @inlinable public static var postgresType: PostgresType { .int4 }
    @inlinable public static func accepts(_ type: PostgresType) -> Bool {
        type == .int4 || type == .int2 || type == .oid
    }
    @inlinable public func encode(into buffer: inout [UInt8]) { appendBigEndian(to: &buffer) }
    @inlinable public static func decode(_ bytes: UnsafeRawBufferPointer, type: PostgresType) -> Int32? {
        type == .int2 ? Int16(bigEndianBytes: bytes).map(Int32.init) : Int32(bigEndianBytes: bytes)
    }
}

extension Int64: PostgresCodable {
    @inlinable public static var postgresType: PostgresType { .int8 }
    @inlinable public static func accepts(_ type: PostgresType) -> Bool {
        type == .int8 || type == .int4 || type == .int2
    }
    @inlinable public func encode(into buffer: inout [UInt8]) { appendBigEndian(to: &buffer) }
    @inlinable public static func decode(_ bytes: UnsafeRawBufferPointer, type: PostgresType) -> Int64? {
        switch type {
        case .int2: Int16(bigEndianBytes: bytes).map(Int64.init)
        case .int4: Int32(bigEndianBytes: bytes).map(Int64.init)
        default: Int64(bigEndianBytes: bytes)
        }
    }
}

extension Int: PostgresCodable {
    @inlinable public static var postgresType: PostgresType { .int8 }
    @inlinable public static func accepts(_ type: PostgresType) -> Bool { Int64.accepts(type) }
    @inlinable public func encode(into buffer: inout [UInt8]) { appendBigEndian(to: &buffer) }
    @inlinable public static func decode(_ bytes: UnsafeRawBufferPointer, type: PostgresType) -> Int? {
        Int64.decode(bytes, type: type).map(Int.init)
    }
}

extension Bool: PostgresCodable {
    @inlinable public static var postgresType: PostgresType { .bool }
    @inlinable public static func accepts(_ type: PostgresType) -> Bool { type == .bool }
    @inlinable public func encode(into buffer: inout [UInt8]) { buffer.append(self ? 1 : 0) }
    @inlinable public static func decode(_ bytes: UnsafeRawBufferPointer, type: PostgresType) -> Bool? {
        bytes.count == 1 ? bytes[0] != 0 : nil
    }
}

extension Float: PostgresCodable {
    @inlinable public static var postgresType: PostgresType { .float4 }
    @inlinable public static func accepts(_ type: PostgresType) -> Bool { type == .float4 }
    @inlinable public func encode(into buffer: inout [UInt8]) { bitPattern.appendBigEndian(to: &buffer) }
    @inlinable public static func decode(_ bytes: UnsafeRawBufferPointer, type: PostgresType) -> Float? {
        UInt32(bigEndianBytes: bytes).map(Float.init(bitPattern:))
    }
}

extension Double: PostgresCodable {
    @inlinable public static var postgresType: PostgresType { .float8 }
    @inlinable public static func accepts(_ type: PostgresType) -> Bool { type == .float8 || type == .float4 }
    @inlinable public func encode(into buffer: inout [UInt8]) { bitPattern.appendBigEndian(to: &buffer) }
    @inlinable public static func decode(_ bytes: UnsafeRawBufferPointer, type: PostgresType) -> Double? {
        type == .float4
            ? Float.decode(bytes, type: type).map(Double.init)
            : UInt64(bigEndianBytes: bytes).map(Double.init(bitPattern:))
    }
}

extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    @inlinable public static var postgresType: PostgresType { Wrapped.postgresType }
    @inlinable public var isNull: Bool { self == nil || self?.isNull == true }
    @inlinable public func encode(into buffer: inout [UInt8]) { self?.encode(into: &buffer) }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    @inlinable public static func accepts(_ type: PostgresType) -> Bool { Wrapped.accepts(type) }
    @inlinable public static func decode(_ bytes: UnsafeRawBufferPointer, type: PostgresType) -> Wrapped?? {
        Wrapped.decode(bytes, type: type).map { .some($0) }
    }
    @inlinable public static func decodeNull() -> Wrapped?? { .some(nil) }
}

/// Marks element types that have an array type in PostgreSQL.
///
/// Source of the binary layout: `array_send` in
/// https://github.com/postgres/postgres/blob/REL_15_STABLE/src/backend/utils/adt/arrayfuncs.c
extension Array: PostgresEncodable where Element: PostgresEncodable {
    @inlinable public static var postgresType: PostgresType {
        // Every scalar that conforms in this module has an array type; the server refuses type 0 by name otherwise.
        Element.postgresType.array ?? PostgresType(rawValue: 0)
    }

    @inlinable public func encode(into buffer: inout [UInt8]) {
        Int32(isEmpty ? 0 : 1).appendBigEndian(to: &buffer)
        Int32(contains { $0.isNull } ? 1 : 0).appendBigEndian(to: &buffer)
        Element.postgresType.rawValue.appendBigEndian(to: &buffer)
        guard !isEmpty else { return }
        Int32(count).appendBigEndian(to: &buffer)
        Int32(1).appendBigEndian(to: &buffer)
        for element in self { appendCell(element, to: &buffer) }
    }
}

/// Length-prefixed value, −1 for NULL: the form used in arrays, parameters and binary COPY alike.
@inline(__always) @inlinable
func appendCell<Value: PostgresEncodable>(_ value: Value, to buffer: inout [UInt8]) {
    guard !value.isNull else { return Int32(-1).appendBigEndian(to: &buffer) }
    let start = buffer.count
    Int32(0).appendBigEndian(to: &buffer)
    value.encode(into: &buffer)
    let length = Int32(buffer.count - start - 4).bigEndian
    buffer.withUnsafeMutableBytes { $0.storeBytes(of: length, toByteOffset: start, as: Int32.self) }
}

extension Array: PostgresDecodable where Element: PostgresDecodable {
    @inlinable public static func accepts(_ type: PostgresType) -> Bool {
        // Element types are checked against the element identifier in the value itself.
        type.isArray
    }

    @inlinable public static func decode(_ bytes: UnsafeRawBufferPointer, type: PostgresType) -> [Element]? {
        guard bytes.count >= 12 else { return nil }
        let dimensions = Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: Int32.self))
        let element = PostgresType(rawValue: UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self)))
        guard Element.accepts(element) else { return nil }
        if dimensions == 0 { return [] }
        guard dimensions == 1, bytes.count >= 20 else { return nil }
        let count = Int(Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: 12, as: Int32.self)))
        guard count >= 0 else { return nil }
        var result: [Element] = []
        result.reserveCapacity(Swift.min(count, bytes.count / 4))
        var offset = 20
        for _ in 0..<count {
            guard offset + 4 <= bytes.count else { return nil }
            let length = Int(Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self)))
            offset += 4
            guard length >= 0 else {
                guard let null = Element.decodeNull() else { return nil }
                result.append(null)
                continue
            }
            guard offset + length <= bytes.count else { return nil }
            let slice = UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + length)])
            guard let value = Element.decode(slice, type: element) else { return nil }
            result.append(value)
            offset += length
        }
        return result
    }
}

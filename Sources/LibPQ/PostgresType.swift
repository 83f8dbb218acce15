/// A PostgreSQL type by its object identifier.
///
/// Source: https://github.com/postgres/postgres/blob/REL_15_STABLE/src/include/catalog/pg_type.dat
public struct PostgresType: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

    @inlinable public static var bool: PostgresType { PostgresType(rawValue: 16) }
    @inlinable public static var bytea: PostgresType { PostgresType(rawValue: 17) }
    @inlinable public static var char: PostgresType { PostgresType(rawValue: 18) }
    @inlinable public static var name: PostgresType { PostgresType(rawValue: 19) }
    @inlinable public static var int8: PostgresType { PostgresType(rawValue: 20) }
    @inlinable public static var int2: PostgresType { PostgresType(rawValue: 21) }
    @inlinable public static var int4: PostgresType { PostgresType(rawValue: 23) }
    @inlinable public static var text: PostgresType { PostgresType(rawValue: 25) }
    @inlinable public static var oid: PostgresType { PostgresType(rawValue: 26) }
    @inlinable public static var tid: PostgresType { PostgresType(rawValue: 27) }
    @inlinable public static var json: PostgresType { PostgresType(rawValue: 114) }
    @inlinable public static var float4: PostgresType { PostgresType(rawValue: 700) }
    @inlinable public static var float8: PostgresType { PostgresType(rawValue: 701) }
    @inlinable public static var varchar: PostgresType { PostgresType(rawValue: 1043) }
    @inlinable public static var timestamptz: PostgresType { PostgresType(rawValue: 1184) }
    @inlinable public static var jsonb: PostgresType { PostgresType(rawValue: 3802) }

    private static let names: [PostgresType: String] = [
        .bool: "boolean", .bytea: "bytea", .char: "\"char\"", .name: "name", .int8: "bigint", .int2: "smallint",
        .int4: "integer", .text: "text", .oid: "oid", .tid: "tid", .json: "json", .float4: "real",
        .float8: "double precision", .varchar: "varchar", .timestamptz: "timestamptz", .jsonb: "jsonb",
    ]
    private static let arrays: [PostgresType: UInt32] = [
        .bool: 1000, .bytea: 1001, .char: 1002, .name: 1003, .int2: 1005, .int4: 1007, .text: 1009, .varchar: 1015,
        .int8: 1016, .float4: 1021, .float8: 1022, .oid: 1028, .tid: 1010, .timestamptz: 1185,
        .json: 199, .jsonb: 3807,
    ]
    private static let elements = Dictionary(uniqueKeysWithValues: arrays.map { ($1, $0) })

    @usableFromInline var isArray: Bool { Self.elements[rawValue] != nil }

    /// The type of an array of this; nil for types that Tagbeat never puts into arrays.
    public var array: PostgresType? { Self.arrays[self].map(PostgresType.init(rawValue:)) }

    public var description: String {
        if let name = Self.names[self] { return name }
        if let element = Self.elements[rawValue] { return "\(element)[]" }
        return "type \(rawValue)"
    }
}

/// A PostgreSQL type by its object identifier.
///
/// Source: https://github.com/postgres/postgres/blob/REL_15_STABLE/src/include/catalog/pg_type.dat
public struct PostgresType: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    public static let bool = PostgresType(rawValue: 16)
    public static let bytea = PostgresType(rawValue: 17)
    public static let char = PostgresType(rawValue: 18)
    public static let name = PostgresType(rawValue: 19)
    public static let int8 = PostgresType(rawValue: 20)
    public static let int2 = PostgresType(rawValue: 21)
    public static let int4 = PostgresType(rawValue: 23)
    public static let text = PostgresType(rawValue: 25)
    public static let oid = PostgresType(rawValue: 26)
    public static let json = PostgresType(rawValue: 114)
    public static let float4 = PostgresType(rawValue: 700)
    public static let float8 = PostgresType(rawValue: 701)
    public static let varchar = PostgresType(rawValue: 1043)
    public static let timestamptz = PostgresType(rawValue: 1184)
    public static let jsonb = PostgresType(rawValue: 3802)

    private static let names: [PostgresType: String] = [
        .bool: "boolean", .bytea: "bytea", .char: "\"char\"", .name: "name", .int8: "bigint", .int2: "smallint",
        .int4: "integer", .text: "text", .oid: "oid", .json: "json", .float4: "real", .float8: "double precision",
        .varchar: "varchar", .timestamptz: "timestamptz", .jsonb: "jsonb",
    ]
    private static let arrays: [PostgresType: UInt32] = [
        .bool: 1000, .bytea: 1001, .char: 1002, .name: 1003, .int2: 1005, .int4: 1007, .text: 1009, .varchar: 1015,
        .int8: 1016, .float4: 1021, .float8: 1022, .oid: 1028, .timestamptz: 1185, .json: 199, .jsonb: 3807,
    ]
    private static let elements = Dictionary(uniqueKeysWithValues: arrays.map { ($1, $0) })

    var isArray: Bool { Self.elements[rawValue] != nil }

    /// The type of an array of this; nil for types that Tagbeat never puts into arrays.
    public var array: PostgresType? { Self.arrays[self].map(PostgresType.init(rawValue:)) }

    public var description: String {
        if let name = Self.names[self] { return name }
        if let element = Self.elements[rawValue] { return "\(element)[]" }
        return "type \(rawValue)"
    }
}

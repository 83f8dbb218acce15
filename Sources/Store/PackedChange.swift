import LibPQ
import TagHistory

/// A change's kind, source and mark of a return in the 16 bits of `changes.what`: kind + 16 · source + 128 · reverted.
///
/// Statements read them by `what & 15`, `what >> 4 & 7` and `what >> 7`.
struct PackedChange: PostgresEncodable, PostgresDecodable {
    let kind: ChangeKind
    let source: Source
    let reverted: Bool

    init(_ change: Change) {
        (kind, source, reverted) = (change.kind, change.source, change.reverted)
    }

    /// Nil for numbers that mean nothing.
    init?(_ number: Int16) {
        guard let kind = ChangeKind(rawValue: number & 15), let source = Source(rawValue: number >> 4 & 7),
            let reverted = [0: false, 1: true][number >> 7]
        else { return nil }
        (self.kind, self.source, self.reverted) = (kind, source, reverted)
    }

    var number: Int16 { kind.rawValue | source.rawValue << 4 | (reverted ? 1 : 0) << 7 }

    static var postgresType: PostgresType { .int2 }
    static func accepts(_ type: PostgresType) -> Bool { type == .int2 }
    func encode(into buffer: inout [UInt8]) { number.encode(into: &buffer) }
    static func decode(_ bytes: UnsafeRawBufferPointer, type: PostgresType) -> PackedChange? {
        Int16.decode(bytes, type: type).flatMap(PackedChange.init)
    }
}

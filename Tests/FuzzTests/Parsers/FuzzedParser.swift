/// A parser of bytes that come from outside, together with what has to hold of whatever it makes of them.
///
/// `.ci/fuzz` runs each with millions of inputs; `FuzzTests` runs it with those that are kept.
public struct FuzzedParser: Sendable {
    /// The name of its folder in `Tests/Fuzz/Corpus`, too.
    public let name: String
    /// Bytes: somewhat more than the parser reads, and at most 64 KiB.
    public let longest: Int
    public let isJSON: Bool
    /// How often a long input is read in one run: that often it may take its time.
    public let readings: Int
    private let check: @Sendable ([UInt8]) throws -> Void

    init(
        _ name: String, longest: Int, isJSON: Bool = false, readings: Int = 1,
        _ check: @escaping @Sendable ([UInt8]) throws -> Void
    ) {
        self.name = name
        self.longest = longest
        self.isJSON = isJSON
        self.readings = readings
        self.check = check
    }

    static func json(
        _ name: String, readings: Int = 1, _ check: @escaping @Sendable ([UInt8]) throws -> Void
    ) -> FuzzedParser {
        FuzzedParser(name, longest: 65_536, isJSON: true, readings: readings, check)
    }

    /// - Throws: `BrokenProperty`. That the parser refuses an input is no error.
    public func run(_ bytes: [UInt8]) throws {
        try check(bytes)
    }

    public static let all =
        names + values + documents + headers + addresses + answers + clouds + vendors + histories + selections
}

/// Something that has to hold of a parser, and did not.
public struct BrokenProperty: Error, CustomStringConvertible {
    public let description: String
}

func require(_ condition: Bool, _ property: @autoclosure () -> String) throws {
    if !condition { throw BrokenProperty(description: property()) }
}

func text(_ bytes: some Collection<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

/// An error's text is shown to anyone and stored: short whatever came in, and without characters that act.
func requireShowable(_ error: some Error) throws {
    let text = "\(error)"
    try require(text.utf8.count <= 2_500, "an error of \(text.utf8.count) bytes")
    try require(!text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7f }, "a control character: \(text)")
}

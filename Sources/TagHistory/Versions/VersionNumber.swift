/// A number in a version, of any length: `20240501123456789012345` is one too.
struct VersionNumber: Hashable, Sendable {
    private enum Storage: Hashable, Sendable {
        case short(UInt64)
        /// Decimal digits without leading zeros, where 64 bits do not hold them.
        case long([UInt8])
    }

    private let storage: Storage

    static let zero = VersionNumber(0)

    init(_ value: UInt64) { storage = .short(value) }

    /// - Parameter digits: ASCII digits alone, at least one.
    init(digits: ArraySlice<UInt8>) {
        var value: UInt64 = 0
        for (index, digit) in digits.enumerated() {
            // 19 digits always fit; only the twentieth may be too much.
            if index < 19 {
                value = value &* 10 &+ UInt64(digit &- 0x30)
                continue
            }
            let (product, isTooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, isTooLargeBy) = product.addingReportingOverflow(UInt64(digit &- 0x30))
            guard !isTooLarge, !isTooLargeBy else {
                storage = .long(Array(digits.drop { $0 == 0x30 }))
                return
            }
            value = sum
        }
        storage = .short(value)
    }

    /// The value, where 64 bits hold it.
    var small: UInt64? {
        if case .short(let value) = storage { value } else { nil }
    }
}

extension VersionNumber: Comparable {
    static func < (left: Self, right: Self) -> Bool {
        switch (left.storage, right.storage) {
        case (.short(let first), .short(let second)): first < second
        case (.short, .long): true
        case (.long, .short): false
        case (.long(let first), .long(let second)):
            first.count != second.count ? first.count < second.count : first.lexicographicallyPrecedes(second)
        }
    }
}

/// Less, equal or greater.
enum Precedence {
    case lower, same, higher

    init<Value: Comparable>(_ left: Value, _ right: Value) {
        self = left < right ? .lower : right < left ? .higher : .same
    }
}

extension [VersionNumber] {
    /// Number by number; what is not there counts as 0, so 3.12 is 3.12.0.
    func precedence(to other: [VersionNumber]) -> Precedence {
        for index in 0..<Swift.max(count, other.count) {
            let left = index < count ? self[index] : .zero
            let right = index < other.count ? other[index] : .zero
            if left != right { return left < right ? .lower : .higher }
        }
        return .same
    }
}

/// A set of versions as npm and Masterminds/semver write them: `>=3.11`, `^1.2`, `~1.2.3`, `1.x`, `>=1.2 <2 || 3.x`,
/// `1.2 - 1.4`, `!=1.3`, or a beginning such as `3`. https://github.com/npm/node-semver#ranges
public struct VersionRange: Hashable, Sendable, CustomStringConvertible {
    /// As it was written.
    public let description: String
    /// One of them has to hold.
    let alternatives: [Conditions]

    /// - Throws: ``TagSelectionError`` where it is no range.
    public init(parsing text: some StringProtocol) throws(TagSelectionError) {
        description = String(text)
        alternatives = try VersionRangeParser.parse(text)
    }

    /// Versions with nothing but `v` before them; two-part ones such as `3.12` count as 3.12.0, and what follows the
    /// version (`-slim`) does not matter. A pre-release only where the range names one of the same numbers; a date
    /// only where it names a date.
    public func contains(_ version: TagVersion) -> Bool {
        guard version.isPlain || version.isDate else { return false }
        return alternatives.contains { $0.hold(for: version) }
    }

    /// All of them have to hold.
    struct Conditions: Hashable, Sendable {
        var conditions: [Condition] = []
        /// The numbers of bounds that are pre-releases.
        var named: [[VersionNumber]] = []

        /// A date is a number too, but one that is after every version. Nil: of anything.
        private var speaksOfDates: Bool? {
            conditions.isEmpty
                ? nil : conditions.contains { $0.numbers.first.map { CalendarDay.isNumber($0) } ?? false }
        }

        func hold(for version: TagVersion) -> Bool {
            if let speaksOfDates, speaksOfDates != version.isDate { return false }
            if version.isDate, version.span.lowerBound > 0, !conditions.isEmpty { return false }
            if version.isPrerelease, !named.contains(where: { $0.precedence(to: version.numbers) == .same }) {
                return false
            }
            return conditions.allSatisfy { $0.holds(for: version) }
        }
    }

    enum Condition: Hashable, Sendable {
        case atLeast([VersionNumber], Prerelease)
        case above([VersionNumber], Prerelease)
        case below([VersionNumber], Prerelease)
        case atMost([VersionNumber], Prerelease)
        /// These compare only as many numbers as they have: 1.2.9 begins with 1.2 and is not past it.
        case before([VersionNumber])
        case notPast([VersionNumber])
        case past([VersionNumber])
        case beginning([VersionNumber])
        case notBeginning([VersionNumber])
        case exactly([VersionNumber], Prerelease)
        case not([VersionNumber], Prerelease)
        case never

        var numbers: [VersionNumber] {
            switch self {
            case .atLeast(let numbers, _), .above(let numbers, _), .below(let numbers, _), .atMost(let numbers, _),
                .exactly(let numbers, _), .not(let numbers, _), .before(let numbers), .notPast(let numbers),
                .past(let numbers), .beginning(let numbers), .notBeginning(let numbers):
                numbers
            case .never: []
            }
        }

        func holds(for version: TagVersion) -> Bool {
            switch self {
            case .atLeast(let numbers, let prerelease): full(version, numbers, prerelease) != .lower
            case .above(let numbers, let prerelease): full(version, numbers, prerelease) == .higher
            case .below(let numbers, let prerelease): full(version, numbers, prerelease) == .lower
            case .atMost(let numbers, let prerelease): full(version, numbers, prerelease) != .higher
            case .exactly(let numbers, let prerelease): full(version, numbers, prerelease) == .same
            case .not(let numbers, let prerelease): full(version, numbers, prerelease) != .same
            case .before(let numbers): cut(version, numbers) == .lower
            case .notPast(let numbers): cut(version, numbers) != .higher
            case .past(let numbers): cut(version, numbers) == .higher
            case .beginning(let numbers): cut(version, numbers) == .same
            case .notBeginning(let numbers): cut(version, numbers) != .same
            case .never: false
            }
        }

        private func full(_ version: TagVersion, _ numbers: [VersionNumber], _ prerelease: Prerelease) -> Precedence {
            let byNumbers = version.numbers.precedence(to: numbers)
            return byNumbers == .same ? version.prerelease.precedence(to: prerelease) : byNumbers
        }

        private func cut(_ version: TagVersion, _ numbers: [VersionNumber]) -> Precedence {
            Array(version.numbers.prefix(numbers.count)).precedence(to: numbers)
        }
    }
}

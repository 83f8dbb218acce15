extension StringProtocol {
    /// Without the slashes at its end. In one go: to look at the end again and again is to go through a text of only
    /// slashes as often as it is long.
    package var withoutFinalSlashes: SubSequence {
        let last = unicodeScalars.lastIndex { $0 != "/" }
        return self[..<(last.map { unicodeScalars.index(after: $0) } ?? startIndex)]
    }
}

extension VersionScanner {
    /// `20240501`, `2024-05-01`, and with a time `20240501123456` and `2024-05-10T01-41-38Z`.
    mutating func scanDate() -> Bool {
        let end = digitsEnd(position)
        switch end - position {
        case 4:
            guard let day = CalendarDay(dashed: bytes[position...]), !self[position + 10].isDigit else { return false }
            append("YYYY-MM-DD")
            numbers = [VersionNumber(day.number)]
            position += 10
        case 8, 12, 14:
            guard CalendarDay(compact: bytes[position...]) != nil else { return false }
            append("YYYYMMDD")
            if end - position > 8 { append(end - position == 12 ? "hhmm" : "hhmmss") }
            numbers = [number(position..<end)]
            position = end
        default:
            return false
        }
        isDate = true
        if self[position] == UInt8(ascii: "T"), self[position + 1].isDigit {
            append("T")
            position += 1
            repeat {
                if bytes[position].isSeparator { copy(1) }
                scanRevisionNumber()
            } while self[position].isSeparator && self[position + 1].isDigit
            if self[position] == UInt8(ascii: "Z"), isBoundary(position + 1) { copy(1) }
        } else if self[position] == UInt8(ascii: "."), self[position + 1].isDigit {
            copy(1)
            scanRevisionNumber()
        }
        return true
    }

    /// Numbers joined by dots, or Java's `8u402`.
    mutating func scanNumbers() {
        repeat {
            if !numbers.isEmpty { copy(1) }
            let end = digitsEnd(position)
            numbers.append(number(position..<end))
            append("#")
            position = end
        } while (self[position] == UInt8(ascii: ".") || (self[position] == UInt8(ascii: "u") && numbers.count == 1))
            && self[position + 1].isDigit
        // 2024.5 and 1.9 in one repository are of two series.
        if numbers.count > 1, let year = numbers[0].small, CalendarDay.years.contains(year) {
            pattern.replaceSubrange(start..<start + 1, with: "YYYY".utf8)
        }
    }

    /// `-rc.1`, `-beta2`, `rc1`, `-alpha.beta`, `-nightly-20240501`.
    mutating func scanPrerelease() {
        let separated = self[position].isSeparator
        let start = separated ? position + 1 : position
        let end = lettersEnd(start)
        guard end > start, end - start <= 10 else { return }
        let word = lowerCased(start..<end)
        let isNumbered = self[end].isDigit
        guard
            Prerelease.words.contains(word) || (isNumbered && Prerelease.shortWords.contains(word))
                || (isNumbered && !separated && Prerelease.joinedWords.contains(word))
        else { return }
        var found: [Prerelease.Identifier] = [.word(word)]
        var place = end
        if let number = prereleaseNumber(isNumbered ? place : place + 1, joined: isNumbered) {
            found.append(.number(self.number(number)))
            place = number.upperBound
        } else if isNumbered {
            return
        }
        while self[place] == UInt8(ascii: ".") {
            let words = lettersEnd(place + 1)
            if let number = prereleaseNumber(place + 1, joined: false) {
                found.append(.number(self.number(number)))
                place = number.upperBound
            } else if isBoundary(words), Prerelease.words.contains(lowerCased(place + 1..<words)) {
                found.append(.word(lowerCased(place + 1..<words)))
                place = words
            } else {
                break
            }
        }
        prerelease.identifiers = found
        position = place
    }

    private func prereleaseNumber(_ index: Int, joined: Bool) -> Range<Int>? {
        guard joined || (index <= bytes.count && self[index - 1].isSeparator) else { return nil }
        let end = digitsEnd(index)
        return end > index && isBoundary(end) ? index..<end : nil
    }

    /// `-5`, `_13`, `-1227.1726694542`, `-20260101`, `-r5`, `-eksbuild.2`.
    mutating func scanRevision() -> Bool {
        guard self[position] == UInt8(ascii: "-") || self[position] == UInt8(ascii: "_"),
            let digits = revisionDigits(position + 1)
        else { return false }
        pattern += bytes[position..<digits]
        position = digits
        scanRevisionNumber()
        while self[position] == UInt8(ascii: "."), self[position + 1].isDigit {
            guard isBoundary(digitsEnd(position + 1)) else { break }
            copy(1)
            scanRevisionNumber()
        }
        return true
    }

    /// Where the digits of a build number begin that begins at `index`.
    private func revisionDigits(_ index: Int) -> Int? {
        let letters = lettersEnd(index)
        let isDotted = letters > index && self[letters] == UInt8(ascii: ".")
        let digits = isDotted ? letters + 1 : letters
        let end = digitsEnd(digits)
        guard end > digits, isBoundary(end), letters - index <= 8 else { return nil }
        return letters == index || Self.revisionWords.contains(lowerCased(index..<letters)) ? digits : nil
    }

    private static let revisionWords: Set<String> = [
        "r", "rev", "p", "patch", "pl", "sp", "cu", "b", "build", "ls", "hotfix", "fix", "eksbuild",
    ]

    /// Everything else belongs to the shape as it stands, but for a date or a build number at its end.
    mutating func scanSuffix() {
        let end = position
        if let dash = bytes[position...].lastIndex(of: UInt8(ascii: "-")), dash > position,
            let digits = revisionDigits(dash + 1), digitsEnd(digits) == bytes.count,
            digits > dash + 1 || isDay(digits)
        {
            pattern += bytes[position..<digits]
            position = digits
            scanRevisionNumber()
        } else {
            pattern += bytes[position...]
        }
        position = end
    }

    private func isDay(_ index: Int) -> Bool {
        digitsEnd(index) == index + 8 && CalendarDay(compact: bytes[index...]) != nil
    }

    private mutating func scanRevisionNumber() {
        let end = digitsEnd(position)
        if isDay(position) { append("YYYYMMDD") } else { append("#") }
        revision.append(number(position..<end))
        position = end
    }

    private mutating func copy(_ count: Int) {
        pattern += bytes[position..<position + count]
        position += count
    }
}

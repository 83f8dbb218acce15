/// One profile of AWS's shared files.
/// https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
enum AWSProfile {
    /// - Parameters:
    ///   - isConfig: in the config file every profile but `default` stands as `[profile name]`.
    /// - Returns: the profile's own settings, names in lower case; nil where there is no such profile.
    static func settings(of name: String, in text: String, isConfig: Bool) -> [String: String]? {
        var found: [String: String]?
        var isInside = false
        for line in text.split(whereSeparator: \.isNewline) {
            guard let first = line.first, first != "#", first != ";" else { continue }
            if first == "[" {
                isInside =
                    profile(in: line.dropFirst().prefix { $0 != "]" }, isConfig: isConfig).map { $0 == name } ?? false
                if isInside, found == nil { found = [:] }
                continue
            }
            // An indented line belongs to a nested setting, such as `s3 =`.
            guard isInside, first != " ", first != "\t", let equals = line.firstIndex(of: "=") else { continue }
            let key = line[..<equals].trimmedOfBlanks.lowercased()
            found?[key] = String(line[line.index(after: equals)...].trimmedOfBlanks)
        }
        return found
    }

    /// What stands between a title's brackets: `name`, or in the config file `profile name` and `default`.
    private static func profile(in title: Substring, isConfig: Bool) -> Substring? {
        let title = title.trimmedOfBlanks
        guard isConfig else { return unquoted(title) }
        let rest = title.dropFirst("profile".count)
        guard title.hasPrefix("profile"), rest.first == " " || rest.first == "\t" else {
            return title == "default" ? title : nil
        }
        return unquoted(rest.trimmedOfBlanks)
    }

    /// A name with a blank stands in quotes.
    private static func unquoted(_ name: Substring) -> Substring {
        guard name.count >= 2, let quote = name.first, quote == "\"" || quote == "'", name.last == quote else {
            return name
        }
        return name.dropFirst().dropLast()
    }
}

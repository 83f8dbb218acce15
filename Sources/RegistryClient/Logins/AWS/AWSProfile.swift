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
                let title = line.dropFirst().prefix { $0 != "]" }.split { $0 == " " || $0 == "\t" }
                    .map { $0.filter { $0 != "\"" && $0 != "'" } }
                isInside =
                    isConfig && name != "default"
                    ? title == ["profile", name] : title == [name] || (isConfig && title == ["profile", name])
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
}

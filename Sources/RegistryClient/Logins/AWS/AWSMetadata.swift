import OCI

/// What metadata servers answer as plain text.
/// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html
enum AWSMetadata {
    /// - Returns: a token that can stand in a header, without line breaks at its end.
    static func headerLine(_ bytes: some Collection<UInt8>) throws(CheckFailure) -> String {
        var end = Array(bytes)[...]
        while let last = end.last, last == 0x0A || last == 0x0D { end.removeLast() }
        guard (1...65_536).contains(end.count), end.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) else {
            throw CheckFailure(.configuration, "a token for AWS's metadata holds what no header can carry")
        }
        return String(decoding: end, as: UTF8.self)
    }

    /// - Returns: the first of the roles' names, as it stands in a path; nil where there is none.
    static func rolePath(in bytes: some Collection<UInt8>) -> String? {
        let line = bytes.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }).first ?? bytes.prefix(0)
        let role = String(decoding: line, as: UTF8.self).trimmedOfBlanks
        return role.isEmpty ? nil : FormFields.escaped(String(role), leaving: "-._~+=,@")
    }
}

import Crypto
import OCI

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// AWS's signature of a request, version 4.
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
struct SignatureV4: Sendable {
    let keys: AWSKeys
    let region: String
    let service: String

    /// The headers to add to a request: X-Amz-Date, X-Amz-Security-Token where there is one, Authorization.
    ///
    /// - Parameters:
    ///   - target: path and query as they are sent, already escaped.
    ///   - headers: to be signed; `Host` must be among them.
    func headers(
        _ method: String, _ target: String, signing headers: [(String, String)], body: some Collection<UInt8>,
        at time: Timestamp
    ) -> [(String, String)] {
        let moment = Self.moment(time)
        let day = String(moment.prefix(8))
        var added = [("X-Amz-Date", moment)]
        if let token = keys.sessionToken { added.append(("X-Amz-Security-Token", token.text)) }
        let (names, canonical) = Self.canonical(method, target, headers + added, body)
        let scope = "\(day)/\(region)/\(service)/aws4_request"
        let text = "AWS4-HMAC-SHA256\n\(moment)\n\(scope)\n" + Self.hash(canonical.utf8)
        var key = Self.authentication(of: day, by: Array("AWS4\(keys.secretAccessKey.text)".utf8))
        for part in [region, service, "aws4_request"] { key = Self.authentication(of: part, by: key) }
        let signature = Self.hex(Self.authentication(of: text, by: key))
        added.append(
            (
                "Authorization",
                "AWS4-HMAC-SHA256 Credential=\(keys.accessKeyID)/\(scope), SignedHeaders=\(names), Signature=\(signature)"
            ))
        return added
    }

    private static func canonical(
        _ method: String, _ target: String, _ headers: [(String, String)], _ body: some Collection<UInt8>
    ) -> (names: String, text: String) {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let query = (parts.count > 1 ? parts[1].split(separator: "&") : [])
            .map { pair -> (String, String) in
                let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                return (String(halves[0]), halves.count > 1 ? String(halves[1]) : "")
            }
            .sorted { $0 < $1 }.map { "\($0)=\($1)" }.joined(separator: "&")
        var values = [String: [String]]()
        for (name, value) in headers {
            values[name.lowercased(), default: []].append(
                value.split { $0 == " " || $0 == "\t" || $0.isNewline }.joined(separator: " "))
        }
        let names = values.keys.sorted()
        let lines = names.map { "\($0):\(values[$0, default: []].joined(separator: ","))\n" }.joined()
        let signed = names.joined(separator: ";")
        // The path is escaped a second time.
        let path = FormFields.escaped(String(parts[0]), leaving: "-._~/")
        return (signed, [method, path, query, lines, signed, hash(body)].joined(separator: "\n"))
    }

    /// `20150830T123600Z`.
    static func moment(_ time: Timestamp) -> String {
        let text = Timestamp(seconds: Int64(time.secondsSinceEpoch.rounded(.down))).description
        return text.filter { $0 != "-" && $0 != ":" }
    }

    private static func authentication(of text: String, by key: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: SymmetricKey(data: key)))
    }

    private static func hash(_ bytes: some Collection<UInt8>) -> String { hex(SHA256.hash(data: Array(bytes))) }

    private static func hex(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

import Foundation
import OCI
import TestSupport

/// What the tags of several registries bear: phase 0, 1 or 2 of each, switched for all at once.
final class Phases: Sendable {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// - Returns: a time before which every answer was of the phase before.
    func begin(_ phase: Int) throws -> Timestamp {
        let time = Timestamp.now()
        try folder.write("", to: "\(phase)")
        return time
    }
}

/// One request as it arrived.
struct Arrival: Sendable {
    /// Seconds since 1970, to the millisecond.
    let at: Double
    /// The number in the worker's `TAGBEAT_PUBLIC_URL`.
    let worker: Int
    /// The number of the tag; nil for what is no check.
    let tag: Int?
    /// The phase that was answered.
    let phase: Int
}

/// A registry without listings that answers at once, invents its tags' digests and writes down who asked for what: an
/// nginx, lest the test takes the processor from those whom it tests.
///
/// Tags are called `0-1`, `1-2` … `f-16`: their class and their number. Classes 0 to 4 never change, 5 to 9 in phase 1,
/// a to f in both.
struct CountingRegistry: Sendable {
    private let nginx: Nginx
    var name: String { nginx.name }

    init(_ phases: Phases) async throws {
        let folder = phases.folder.path
        nginx = try await Nginx(
            server: """
                location ~ "^/v2/[^/]+/manifests/(?<class>[0-9a-f])-" {
                    set $kind $class;
                    set $phase 0;
                    if (-f \(folder)/1) { set $phase 1; }
                    if (-f \(folder)/2) { set $phase 2; }
                    default_type application/vnd.oci.image.manifest.v1+json;
                    add_header Docker-Content-Digest sha256:\(String(repeating: "$kind$shown", count: 32));
                    return 200 "{}";
                }
                location / { return 404; }
                """,
            http: """
                map $http_user_agent $worker { default 0; "~worker-(?<number>[0-9]+)" $number; }
                map "$kind$phase" $shown { default 0; "~^[5-9][12]" 1; "~^[a-f]1" 1; "~^[a-f]2" 2; }
                log_format short "$msec $worker $request_method $shown $uri";
                """, log: "short")
    }

    static func tag(_ number: Int) -> String { "\(String(number % 16, radix: 16))-\(number)" }

    static func digest(of number: Int, phase: Int) throws -> Digest {
        try Digest(parsing: "sha256:" + String(repeating: String(number % 16, radix: 16) + "\(phase)", count: 32))
    }

    /// The phases in which a tag got another digest than before.
    static func phases(of number: Int) -> [Int] {
        switch number % 16 {
        case ..<5: [0]
        case ..<10: [0, 1]
        default: [0, 1, 2]
        }
    }

    /// Everything asked so far, in the order of arrival.
    var arrivals: [Arrival] { nginx.accessLogBytes.split(separator: UInt8(ascii: "\n")).compactMap(Arrival.init) }
}

extension Arrival {
    fileprivate init?(_ line: Data) {
        let fields = line.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
        guard fields.count == 5, let at = Double(fields[0]), let worker = Int(fields[1]), let phase = Int(fields[3])
        else { return nil }
        let number = fields[4].lastIndex(of: "-").flatMap { Int(fields[4][fields[4].index(after: $0)...]) }
        self.init(at: at, worker: worker, tag: fields[2] == "HEAD" ? number : nil, phase: phase)
    }
}

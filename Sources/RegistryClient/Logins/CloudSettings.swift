#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What the operator's environment says of accounts in clouds.
///
/// Metadata servers and other addresses of a cloud's own are asked because of what stands here, never because of a name
/// that somebody typed.
public struct CloudSettings: Sendable {
    /// The variables that AWS's, Google's and Azure's own programs read.
    public var environment: [String: String]
    /// This machine is one of EC2's, so that its role may be asked for.
    public var isOnEC2: Bool
    /// This machine is one of Google's, so that its service account may be asked for.
    public var isOnGoogle: Bool

    public init(environment: [String: String] = [:], isOnEC2: Bool = false, isOnGoogle: Bool = false) {
        self.environment = environment
        self.isOnEC2 = isOnEC2
        self.isOnGoogle = isOnGoogle
    }

    /// Looks at what the firmware says of the machine, as the clouds' own programs do.
    ///
    /// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/identify_ec2_instances.html and
    /// https://cloud.google.com/compute/docs/instances/detect-compute-engine
    public static func ofThisMachine(
        environment: [String: String], firmware folder: String = "/sys/class/dmi/id"
    ) -> CloudSettings {
        func says(_ file: String) -> String { (try? OperatorFile.text(folder + "/" + file, limit: 4_096)) ?? "" }
        return CloudSettings(
            environment: environment, isOnEC2: says("sys_vendor").hasPrefix("Amazon EC2"),
            isOnGoogle: says("product_name").hasPrefix("Google"))
    }

    /// A variable; nil where it is unset or empty.
    func variable(_ name: String) -> String? {
        environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    var home: String { variable("HOME") ?? "" }

    /// A path as the operator wrote it, `~` put in.
    func path(_ text: String) -> String {
        text.hasPrefix("~/") ? home + text.dropFirst() : text
    }
}

/// A file that the operator names.
enum OperatorFile {
    struct Unreadable: Error {}

    /// - Throws: `Unreadable`; what the file holds may be secret and is in no error.
    static func bytes(_ path: String, limit: Int = 1_048_576) throws(Unreadable) -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path), data.count <= limit else { throw Unreadable() }
        return Array(data)
    }

    static func text(_ path: String, limit: Int = 1_048_576) throws(Unreadable) -> String {
        guard let text = String(validating: try bytes(path, limit: limit), as: UTF8.self) else { throw Unreadable() }
        return text
    }

    /// A file that holds one token: its text without the line break at its end.
    static func token(_ path: String) throws(Unreadable) -> String {
        let text = try text(path, limit: 65_536).split(whereSeparator: \.isWhitespace)
        guard text.count == 1 else { throw Unreadable() }
        return String(text[0])
    }
}

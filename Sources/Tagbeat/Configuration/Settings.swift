import Foundation
import Glibc
import Logging
import OCI

/// Every setting of Tagbeat, read and validated. Where each comes from is said in `Setting.all`.
struct Settings: Sendable {
    enum LogFormat: String, Sendable, CaseIterable {
        case plain, json
    }

    /// What an empty database begins with.
    enum Starter: String, Sendable, CaseIterable {
        case on, off
        /// Docker Hub's most pulled official images, beside the short list.
        case popular
    }

    /// Nil: the private cluster in `dataDirectory`.
    var databaseURL: DatabaseURL?
    var dataDirectory: String
    var listen: ListenAddress
    var privateRegistries: [HostPort]
    var publicTracking: Bool
    var adminToken: Secret?
    var starter: Starter
    /// Nil: adaptive.
    var checkInterval: Duration?
    var maxTracked: Int
    var retireUnviewed: Duration
    /// Without a slash at its end.
    var publicURL: String?
    var trustedProxies: [AddressRange]
    /// Per registry host.
    var requestsPerSecond: Double
    var logLevel: Logger.Level
    var logFormat: LogFormat
    var dockerHubUsername: String?
    var dockerHubPassword: Secret?
    /// The folder of Docker's config.json.
    var dockerConfig: String
    var registries: [RegistryEntry]
    var repositories: [RepositoryEntry]
    /// Nil: the usual ones.
    var presets: [PresetEntry]?
    /// What is no error but was probably not meant, for the log.
    var warnings: [String]

    /// Reads the settings: each from its flag, else the environment, else the YAML file, else its default. An empty
    /// value counts as unset, because that is what compose files make of an unset variable.
    ///
    /// - Parameter flags: the values of the flags that were given.
    /// - Throws: `SettingsError`, with everything that is wrong.
    static func load(
        flags: [Setting: String] = [:], environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(SettingsError) -> Settings {
        var sources = SettingSources(flags: flags, environment: environment)
        sources.readFile()
        guard let settings = Settings(from: &sources, home: home(environment)), sources.problems.isEmpty else {
            throw SettingsError(problems: sources.problems)
        }
        return settings
    }

    /// Nil where a value is wrong; everything is read all the same, so that all that is wrong is told at once.
    private init?(from sources: inout SettingSources, home: String) {
        func path(_ text: String) -> String { text == "~" || text.hasPrefix("~/") ? home + text.dropFirst() : text }
        databaseURL = sources.value(.databaseURL, DatabaseURL.init)
        dataDirectory =
            sources.value(.dataDirectory, path)
            ?? (geteuid() == 0 ? "/var/lib/tagbeat" : home + "/.local/share/tagbeat")
        let listen = sources.value(.listen, ListenAddress.init(parsing:))
        privateRegistries = sources.value(.privateRegistries, SettingValues.hosts) ?? []
        let publicTracking = sources.value(.publicTracking, SettingValues.flag)
        adminToken = sources.value(.adminToken, SettingValues.token)
        let starter = sources.value(.starter, SettingValues.starter)
        checkInterval = sources.value(.checkInterval, SettingValues.duration)
        let maxTracked = sources.value(.maxTracked, SettingValues.count)
        let retireUnviewed = sources.value(.retireUnviewed, SettingValues.duration)
        publicURL = sources.value(.publicURL, SettingValues.siteURL)
        trustedProxies = sources.value(.trustedProxies, SettingValues.addresses) ?? []
        let requestsPerSecond = sources.value(.requestsPerSecond, SettingValues.rate)
        let logLevel = sources.value(.logLevel, SettingValues.logLevel)
        let logFormat: LogFormat? = sources.value(.logFormat, SettingValues.choice)
        dockerHubUsername = sources.value(.dockerHubUsername) { $0 }
        dockerHubPassword = sources.value(.dockerHubPassword, Secret.init)
        dockerConfig = sources.value(.dockerConfig, path) ?? home + "/.docker"
        registries = sources.file?.registries ?? []
        repositories = sources.file?.repositories ?? []
        presets = sources.file?.presets
        warnings = sources.warnings
        guard let listen, let publicTracking, let starter, let maxTracked, let retireUnviewed, let requestsPerSecond,
            let logLevel, let logFormat
        else { return nil }
        (self.listen, self.publicTracking, self.starter, self.maxTracked) = (
            listen, publicTracking, starter, maxTracked
        )
        (self.retireUnviewed, self.requestsPerSecond) = (retireUnviewed, requestsPerSecond)
        (self.logLevel, self.logFormat) = (logLevel, logFormat)
    }

    private static func home(_ environment: [String: String]) -> String {
        if let home = environment["HOME"], !home.isEmpty { return home == "/" ? "" : home }
        return NSHomeDirectory()
    }
}

extension Settings: CustomStringConvertible {
    /// `key: value` lines for the log, without secrets.
    var description: String {
        let lines: [(Setting, String?)] = [
            (.databaseURL, databaseURL?.description), (.dataDirectory, dataDirectory), (.listen, listen.description),
            (.privateRegistries, Self.joined(privateRegistries)), (.publicTracking, publicTracking ? "on" : "off"),
            (.adminToken, adminToken?.description), (.starter, starter.rawValue),
            (.checkInterval, checkInterval.map(SettingValues.text)), (.maxTracked, "\(maxTracked)"),
            (.retireUnviewed, SettingValues.text(retireUnviewed)), (.publicURL, publicURL),
            (.trustedProxies, Self.joined(trustedProxies)), (.requestsPerSecond, "\(requestsPerSecond)"),
            (.logLevel, logLevel.rawValue), (.logFormat, logFormat.rawValue),
        ]
        let settings = lines.compactMap { setting, value in value.map { "\(setting.key): \($0)" } }
        let names = registries.map { "registry: \($0.registry)" } + repositories.map { "repository: \($0.repository)" }
        return (settings + names).joined(separator: "\n")
    }

    private static func joined(_ items: [some CustomStringConvertible]) -> String? {
        items.isEmpty ? nil : items.map(\.description).joined(separator: ",")
    }
}

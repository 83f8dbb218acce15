import ArgumentParser

/// Settings that a command takes as flags; the others come from the environment and the YAML file.
protocol SettingFlags: ParsableArguments {
    var flags: [Setting: String] { get }
}

extension SettingFlags {
    /// - Throws: ``Failure``, one line for each setting that is wrong.
    func load() throws -> Settings {
        do {
            return try Settings.load(flags: flags)
        } catch {
            throw Failure.badInput(error.description)
        }
    }
}

extension Setting {
    fileprivate var name: NameSpecification {
        .customLong(String((flag ?? environment).drop { $0 == "-" }))
    }

    fileprivate var argumentHelp: ArgumentHelp {
        let standard = defaultText.map { " (default: \($0))" } ?? ""
        return ArgumentHelp("\(help)\(standard)", valueName: placeholder)
    }
}

/// Where the database is: what every command needs.
struct DatabaseOptions: SettingFlags {
    @Option(name: Setting.config.name, help: Setting.config.argumentHelp) var config: String?
    @Option(name: Setting.databaseURL.name, help: Setting.databaseURL.argumentHelp) var databaseURL: String?
    @Option(name: Setting.dataDirectory.name, help: Setting.dataDirectory.argumentHelp) var dataDirectory: String?
    @Option(name: Setting.logLevel.name, help: Setting.logLevel.argumentHelp) var logLevel: String?
    @Option(name: Setting.logFormat.name, help: Setting.logFormat.argumentHelp) var logFormat: String?

    var flags: [Setting: String] {
        [
            .config: config, .databaseURL: databaseURL, .dataDirectory: dataDirectory, .logLevel: logLevel,
            .logFormat: logFormat,
        ].compactMapValues { $0 }
    }
}

/// How registries are asked, for the commands that ask them.
struct RegistryOptions: ParsableArguments {
    @Option(name: Setting.privateRegistries.name, help: Setting.privateRegistries.argumentHelp)
    var privateRegistries: String?
    @Option(name: Setting.requestsPerSecond.name, help: Setting.requestsPerSecond.argumentHelp)
    var requestsPerSecond: String?

    var flags: [Setting: String] {
        [.privateRegistries: privateRegistries, .requestsPerSecond: requestsPerSecond].compactMapValues { $0 }
    }
}

struct CheckOptions: SettingFlags {
    @OptionGroup(title: "Registries") var registries: RegistryOptions
    @OptionGroup(title: "Database and log") var database: DatabaseOptions

    var flags: [Setting: String] { registries.flags.merging(database.flags) { $1 } }
}

/// Everything, for the long-running commands. Secrets besides DATABASE_URL have no flag: others see the arguments.
struct ServiceOptions: SettingFlags {
    @Option(name: Setting.listen.name, help: Setting.listen.argumentHelp) var listen: String?
    @Option(name: Setting.publicURL.name, help: Setting.publicURL.argumentHelp) var publicURL: String?
    @Option(name: Setting.publicTracking.name, help: Setting.publicTracking.argumentHelp) var publicTracking: String?
    @Option(name: Setting.trustedProxies.name, help: Setting.trustedProxies.argumentHelp) var trustedProxies: String?
    @Option(name: Setting.maxTracked.name, help: Setting.maxTracked.argumentHelp) var maxTracked: String?
    @Option(name: Setting.starter.name, help: Setting.starter.argumentHelp) var starter: String?
    @Option(name: Setting.checkInterval.name, help: Setting.checkInterval.argumentHelp) var checkInterval: String?
    @OptionGroup(title: "Registries") var registries: RegistryOptions
    @OptionGroup(title: "Database and log") var database: DatabaseOptions

    var flags: [Setting: String] {
        [
            .listen: listen, .publicURL: publicURL, .publicTracking: publicTracking, .trustedProxies: trustedProxies,
            .maxTracked: maxTracked, .starter: starter, .checkInterval: checkInterval,
        ].compactMapValues { $0 }.merging(registries.flags) { $1 }.merging(database.flags) { $1 }
    }
}

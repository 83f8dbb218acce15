/// One setting's names and help. `Setting.all` is the only list of them: the flags, the environment variables, the
/// YAML file's keys, `--help` and the README's table all come from it.
struct Setting: Sendable, Hashable {
    /// Its key in the YAML file; empty where the file has none.
    let key: String
    let environment: String
    /// What stands for the value in help texts.
    let placeholder: String
    /// As it would be written; nil where the setting is unset by default.
    let defaultText: String?
    let help: String
    let isSecret: Bool
    /// `--data-dir` for `TAGBEAT_DATA_DIR`; nil for what belongs to other programs as well, such as Docker's variables.
    let flag: String?

    init(
        _ key: String, _ environment: String, _ placeholder: String, default defaultText: String? = nil,
        secret isSecret: Bool = false, _ help: String
    ) {
        self.key = key
        self.environment = environment
        self.placeholder = placeholder
        self.defaultText = defaultText
        self.help = help
        self.isSecret = isSecret
        // Each start of each command asks for it some hundred times.
        let isOwn = environment.hasPrefix("TAGBEAT_")
        flag =
            isOwn || !key.isEmpty
            ? "--" + String(environment.dropFirst(isOwn ? 8 : 0).map { $0 == "_" ? "-" : $0 }).lowercased() : nil
    }

    /// The defaults of paths depend on the user, so they are worded for people.
    var hasParsableDefault: Bool { placeholder != "PATH" }

    /// A secret may stand in a file instead, which is how containers are given theirs.
    var file: Setting? {
        guard isSecret else { return nil }
        return Setting(
            key.isEmpty ? "" : key + "File", environment + "_FILE", "PATH", "A file that holds \(environment) instead.")
    }
}

extension Setting {
    static let databaseURL = Setting(
        "databaseURL", "DATABASE_URL", "URL", secret: true,
        "The PostgreSQL server, as a URI (postgresql://user@host/name) or as libpq's key=value pairs. "
            + "Unset: Tagbeat keeps a private one in its data folder.")
    static let dataDirectory = Setting(
        "dataDir", "TAGBEAT_DATA_DIR", "PATH", default: "/var/lib/tagbeat as root, else ~/.local/share/tagbeat",
        "The folder of Tagbeat's own data: the private PostgreSQL server.")
    static let listen = Setting(
        "listen", "TAGBEAT_LISTEN", "HOST:PORT", default: "127.0.0.1:8080",
        "Where the web page and the API listen; 0.0.0.0:8080 or [::]:8080 for every network.")
    static let privateRegistries = Setting(
        "privateRegistries", "TAGBEAT_PRIVATE_REGISTRIES", "HOST[:PORT],…",
        "Registries that may have private addresses; those on loopback may also speak plain HTTP.")
    static let publicTracking = Setting(
        "publicTracking", "TAGBEAT_PUBLIC_TRACKING", "on|off", default: "on",
        "Whether visitors may add tags, rate-limited; off: only with the admin token.")
    static let adminToken = Setting(
        "adminToken", "TAGBEAT_ADMIN_TOKEN", "TOKEN", secret: true,
        "Whoever shows it (Authorization: Bearer TOKEN) may add and remove tags and is not rate-limited.")
    static let starter = Setting(
        "starter", "TAGBEAT_STARTER", "on|off|popular", default: "on",
        "Whether an empty database begins with a short list of well-known images; popular: with Docker Hub's too.")
    static let checkInterval = Setting(
        "checkInterval", "TAGBEAT_CHECK_INTERVAL", "DURATION",
        "A fixed interval between the checks of every tag, such as 15m. Unset: as often as it pays.")
    static let maxTracked = Setting(
        "maxTracked", "TAGBEAT_MAX_TRACKED", "NUMBER", default: "100000", "How many tags may be tracked at most.")
    static let retireUnviewed = Setting(
        "retireUnviewed", "TAGBEAT_RETIRE_UNVIEWED", "DURATION", default: "2y",
        "Tags that visitors added and nobody asked for in this time are checked no more; their history stays.")
    static let publicURL = Setting(
        "publicURL", "TAGBEAT_PUBLIC_URL", "URL",
        "The address that feeds, badges and links name, such as https://tags.example.org.")
    static let trustedProxies = Setting(
        "trustedProxies", "TAGBEAT_TRUSTED_PROXIES", "ADDRESS[/BITS],…",
        "Proxies whose Forwarded and X-Forwarded-* headers are believed.")
    static let requestsPerSecond = Setting(
        "requestsPerSecond", "TAGBEAT_REQUESTS_PER_SECOND", "NUMBER", default: "10", "The budget of each registry host."
    )
    static let logLevel = Setting(
        "logLevel", "TAGBEAT_LOG_LEVEL", "LEVEL", default: "info",
        "trace, debug, info, notice, warning, error or critical.")
    static let logFormat = Setting(
        "logFormat", "TAGBEAT_LOG_FORMAT", "plain|json", default: "plain", "How log lines are written.")
    static let dockerHubUsername = Setting(
        "", "DOCKERHUB_USERNAME", "NAME", "The account for Docker Hub.")
    static let dockerHubPassword = Setting(
        "", "DOCKERHUB_PASSWORD", "PASSWORD", secret: true, "The password or access token of that account.")
    static let dockerConfig = Setting(
        "", "DOCKER_CONFIG", "PATH", default: "~/.docker",
        "The folder of Docker's config.json with its logins and credential helpers.")
    /// The YAML file itself; it cannot be set in the file.
    static let config = Setting(
        "", "TAGBEAT_CONFIG", "PATH", "A YAML file with any of these settings, registries and repositories.")

    static let all: [Setting] = [
        databaseURL, dataDirectory, listen, privateRegistries, publicTracking, adminToken, starter, checkInterval,
        maxTracked, retireUnviewed, publicURL, trustedProxies, requestsPerSecond, logLevel, logFormat, config,
        dockerHubUsername, dockerHubPassword, dockerConfig,
    ]

    /// Every setting with its `_FILE` variant behind it.
    static let allWithFiles = all.flatMap { [$0] + ($0.file.map { [$0] } ?? []) }
}

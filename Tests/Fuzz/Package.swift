// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

// What .ci/fuzz builds. A package of its own, without dependencies, so that it is built within a minute and nothing but
// our parsers is instrumented: of most rooms only what reads bytes and asks nobody. Rooms holds links.
let package = Package(
    name: "fuzz",
    platforms: [.macOS(.v15)],
    targets: [
        .target(name: "OCI", path: "Rooms/OCI", swiftSettings: settings),
        .target(
            name: "RegistryClient", dependencies: ["OCI"], path: "Rooms/RegistryClient",
            sources: [
                "AddressRules.swift", "Challenge.swift", "CheckFailure.swift", "Credentials.swift",
                "DockerConfig.swift", "Endpoint.swift", "FormFields.swift", "LinkHeader.swift",
                "Logins/AWS/AWSEndpoint.swift", "Logins/AWS/AWSKeys.swift", "Logins/AWS/AWSMetadata.swift",
                "Logins/AWS/AWSProfile.swift", "Logins/AWS/ECRAuthorization.swift", "Logins/AWS/ECRRegistry.swift",
                "Logins/AccessToken.swift", "Logins/CloudPlace.swift", "Logins/CloudSettings.swift",
                "Logins/CredentialHelperAnswer.swift", "Logins/GoogleAccount.swift", "PrivateRegistries.swift",
                "Proxies/AddressBytes.swift", "Proxies/Proxy.swift", "Proxies/ProxyGuard.swift",
                "Proxies/ProxySettings.swift", "Quota.swift", "RegistryErrorCode.swift", "RemoteURL.swift",
                "RetryAfter.swift", "TagListPage.swift", "TimeSource.swift", "TokenAnswer.swift",
                "Vendors/ACRTags.swift", "Vendors/ChainguardHistory.swift", "Vendors/DockerHubImages.swift",
                "Vendors/DockerHubTags.swift", "Vendors/ECRImages.swift", "Vendors/GitHubVersions.swift",
                "Vendors/GoogleTags.swift", "Vendors/HarborArtifacts.swift", "Vendors/Listing.swift",
                "Vendors/LooseJSON.swift", "Vendors/QuayHistory.swift", "Vendors/QuayTags.swift",
                "Vendors/Vendor.swift", "Vendors/VendorHistory.swift", "Vendors/VendorListing.swift",
            ],
            swiftSettings: settings),
        .target(name: "TagHistory", dependencies: ["OCI"], path: "Rooms/TagHistory", swiftSettings: settings),
        .target(
            name: "Store", dependencies: ["OCI", "TagHistory"], path: "Rooms/Store",
            sources: ["ImportRow.swift", "ImportRow+Line.swift"],
            swiftSettings: settings),
        .target(
            name: "Tagbeat", dependencies: ["OCI", "Store", "TagHistory"], path: "Rooms/Tagbeat",
            sources: [
                "Transfer/CSVHeader.swift", "Transfer/GitPins.swift", "Transfer/LineSplitter.swift",
                "Transfer/ObservationLine.swift", "Transfer/PinScanner.swift", "Transfer/PinnedBlock.swift",
                "Transfer/PlainObject.swift",
            ],
            swiftSettings: settings),
        .target(
            name: "FuzzedParsers", dependencies: ["OCI", "RegistryClient", "Store", "TagHistory", "Tagbeat"],
            path: "Rooms/FuzzedParsers", swiftSettings: settings),
        // Without a main function: libFuzzer brings its own.
        .executableTarget(
            name: "Fuzz", dependencies: ["FuzzedParsers"], path: "Runner",
            swiftSettings: settings + [.unsafeFlags(["-parse-as-library"])]),
    ],
    swiftLanguageModes: [.v6]
)

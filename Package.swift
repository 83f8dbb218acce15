// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let jwtKit = Target.Dependency.product(name: "JWTKit", package: "jwt-kit")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

// The rooms and the arrows between them are drawn in docs/design.md; nothing else may be imported.
let package = Package(
    name: "tagbeat",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "tagbeat", targets: ["Tagbeat"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    ],
    targets: [
        .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"]), .brew(["libpq"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
        .target(name: "LibPQ", dependencies: ["CLibPQ"], swiftSettings: settings),
        .target(name: "OCI", swiftSettings: settings),
        .target(
            name: "RegistryClient",
            dependencies: [
                "OCI", asyncHTTPClient, crypto, jwtKit, logging, nioCore, nioHTTP1, nioPosix, nioSSL, subprocess,
            ],
            swiftSettings: settings),
        .target(name: "TagHistory", dependencies: ["OCI"], swiftSettings: settings),
        .target(
            name: "Store",
            dependencies: ["LibPQ", "OCI", "TagHistory", crypto, logging],
            resources: [.copy("../../sql")],
            swiftSettings: settings),
        .target(
            name: "Scraper",
            dependencies: ["OCI", "RegistryClient", "Store", "TagHistory", lifecycle, logging],
            swiftSettings: settings),
        .target(
            name: "Web",
            dependencies: [
                "CZlib", "OCI", "Store", "TagHistory", crypto, httpTypes, hummingbird, lifecycle, logging, mustache,
                nioCore, yams,
            ],
            resources: [.copy("Resources")],
            swiftSettings: settings),
        .executableTarget(
            name: "Tagbeat",
            dependencies: [
                "LibPQ", "OCI", "RegistryClient", "Scraper", "Store", "TagHistory", "Web",
                argumentParser, hummingbird, lifecycle, logging, nioCore, subprocess, unixSignals, yams,
            ],
            swiftSettings: settings),
        .target(
            name: "TestSupport",
            dependencies: ["LibPQ", "Store", crypto, jwtKit, logging, nioCore, nioHTTP1, nioPosix, subprocess],
            path: "Tests/TestSupport",
            swiftSettings: settings),
        .testTarget(name: "LibPQTests", dependencies: ["LibPQ", "TestSupport"], swiftSettings: settings),
        .testTarget(name: "OCITests", dependencies: ["OCI"], swiftSettings: settings),
        .testTarget(
            name: "RegistryClientTests",
            dependencies: [
                "OCI", "RegistryClient", "TestSupport", asyncHTTPClient, crypto, jwtKit, nioCore, nioHTTP1, nioPosix,
            ],
            exclude: ["Resources/signature-cases.py"],
            swiftSettings: settings),
        .testTarget(
            name: "FuzzTests", dependencies: ["OCI", "RegistryClient", "Store", "TagHistory", "Tagbeat"],
            swiftSettings: settings),
        .testTarget(
            name: "TagHistoryTests", dependencies: ["OCI", "TagHistory"],
            exclude: ["Resources/statistics-reference.py"],
            resources: [
                .copy("Resources/statistics-cases.json"), .copy("Resources/random-statistics-cases.json"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "StoreTests", dependencies: ["LibPQ", "OCI", "Store", "TagHistory", "TestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "ScraperTests",
            dependencies: ["LibPQ", "OCI", "RegistryClient", "Scraper", "Store", "TagHistory", "TestSupport", logging],
            swiftSettings: settings),
        .testTarget(
            name: "WebTests",
            dependencies: [
                "CZlib", "LibPQ", "OCI", "Store", "TagHistory", "TestSupport", "Web", httpTypes, hummingbird, logging,
                mustache, nioCore,
                .product(name: "HummingbirdTesting", package: "hummingbird"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "LibPQ", "OCI", "RegistryClient", "Store", "TagHistory", "Tagbeat", "TestSupport", asyncHTTPClient,
                logging, nioCore, nioHTTP1,
            ],
            swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)

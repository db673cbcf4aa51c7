// swift-tools-version: 6.2
// The rooms of Baton and the only arrows between them (CONTRIBUTING.md, "Rooms"). A target imports
// what is listed here and nothing else: `make build` passes
// `--explicit-target-dependency-import-check error`, and Tests/HouseTests reads the import lines.

import PackageDescription

/// Every target of ours: strict memory safety, warnings as errors, the upcoming features of style.
let strict: [SwiftSetting] = [
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// `make docs` alone fetches what makes pages of the catalogs.
let documentation: [Package.Dependency] =
    Context.environment["BATON_DOCS"] == nil
    ? [] : [.package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0")]

let package = Package(
    name: "baton",
    products: [
        .executable(name: "batond", targets: ["batond"]),
        .executable(name: "baton", targets: ["baton"]),
        .executable(name: "baton-monitor", targets: ["baton-monitor"]),
        .executable(name: "baton-resource", targets: ["baton-resource"]),
        .executable(name: "batond-peer", targets: ["batond-peer"]),
        .executable(name: "baton-simulate", targets: ["baton-simulate"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
    ] + documentation,
    targets: [
        // decide
        .target(name: "Failover", swiftSettings: strict),
        .target(name: "Monitoring", swiftSettings: strict),

        // translate
        .target(
            name: "Configuration",
            dependencies: ["Failover", "Monitoring"],
            swiftSettings: strict
        ),
        .systemLibrary(
            name: "COpenSSL",
            pkgConfig: "libcrypto",
            providers: [.apt(["libssl-dev"])]
        ),
        .target(name: "Wire", dependencies: ["Failover", "COpenSSL"], swiftSettings: strict),

        // touch
        .target(name: "CLinux"),
        .target(name: "Linux", dependencies: ["CLinux"], swiftSettings: strict),

        // speak in secret
        .systemLibrary(
            name: "CTLS",
            pkgConfig: "libssl",
            providers: [.apt(["libssl-dev"])]
        ),
        .target(name: "TLS", dependencies: ["Linux", "CTLS"], swiftSettings: strict),
        .target(
            name: "PeerChannel",
            dependencies: ["Linux", "TLS", "Wire"],
            swiftSettings: strict
        ),

        // carry out
        .target(
            name: "Daemon",
            dependencies: [
                "Failover", "Monitoring", "Configuration", "Wire", "Resources", "Linux",
            ],
            swiftSettings: strict
        ),

        // ask a service
        .systemLibrary(
            name: "CPostgres",
            pkgConfig: "libpq",
            providers: [.apt(["libpq-dev"])]
        ),
        .target(
            name: "Checks",
            dependencies: ["Configuration", "Linux", "CPostgres", "TLS"],
            swiftSettings: strict
        ),

        // serve
        .target(name: "Resources", dependencies: ["Linux"], swiftSettings: strict),

        // tell
        .target(name: "Reporting", dependencies: ["Failover"], swiftSettings: strict),

        // imagine
        .target(name: "Simulation", dependencies: ["Failover", "Wire"], swiftSettings: strict),

        // run
        .executableTarget(name: "batond", dependencies: ["Daemon"], swiftSettings: strict),
        .executableTarget(
            name: "batond-peer",
            dependencies: ["PeerChannel"],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "baton-monitor",
            dependencies: ["Checks", "Linux"],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "baton-resource",
            dependencies: ["Linux", "Resources"],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "baton",
            dependencies: [
                "Configuration", "Failover", "Linux", "Reporting", "Wire",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "baton-simulate",
            dependencies: ["Failover", "Simulation"],
            path: "Tests/Simulate",
            swiftSettings: strict
        ),
        // The laboratory's instruments: they share no code with what they measure.
        .target(name: "CLab", path: "Tests/Lab/CLab"),
        .executableTarget(
            name: "baton-lab",
            dependencies: ["CLab"],
            path: "Tests/Lab/Tool",
            swiftSettings: strict
        ),

        // prove
        .testTarget(
            name: "FailoverTests",
            dependencies: ["Failover"],
            exclude: ["Transcripts"],
            swiftSettings: strict
        ),
        // Its cases are files, which `Configuration` reads.
        .testTarget(
            name: "MonitoringTests",
            dependencies: ["Monitoring", "Configuration"],
            exclude: ["RealMon", "Transcripts"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ConfigurationTests",
            dependencies: ["Configuration", "Failover", "Monitoring"],
            swiftSettings: strict
        ),
        .testTarget(name: "WireTests", dependencies: ["Wire", "Failover"], swiftSettings: strict),
        .testTarget(name: "LinuxTests", dependencies: ["Linux"], swiftSettings: strict),
        .testTarget(name: "TLSTests", dependencies: ["TLS", "Linux"], swiftSettings: strict),
        .testTarget(
            name: "PeerChannelTests",
            dependencies: ["PeerChannel", "TLS", "Linux", "Wire", "Failover"],
            swiftSettings: strict
        ),
        // They run the program against real servers.
        .testTarget(
            name: "ChecksTests",
            dependencies: ["Checks", "baton-monitor", "Linux"],
            swiftSettings: strict
        ),
        // They run the program against real filesystems.
        .testTarget(
            name: "ResourcesTests",
            dependencies: ["Resources", "baton-monitor", "baton-resource", "Linux"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ReportingTests",
            dependencies: ["Reporting", "Failover"],
            exclude: ["Golden"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "CommandTests",
            dependencies: ["baton", "Configuration", "Failover", "Linux", "Wire"],
            exclude: ["Golden"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "SimulationTests",
            dependencies: ["Simulation", "Failover", "Wire"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "DaemonTests",
            dependencies: [
                "Daemon", "Failover", "Monitoring", "Configuration", "Wire", "Linux",
                "batond-peer",
            ],
            swiftSettings: strict
        ),
        // It reads the repository, and runs the commands that README and Examples show.
        .testTarget(
            name: "HouseTests",
            dependencies: ["baton", "batond", "Configuration", "Failover"],
            swiftSettings: strict
        ),
    ],
    swiftLanguageModes: [.v6]
)

// swift-tools-version:5.7
import PackageDescription

// build.sh makes the xcframework (the C SDK for phones and the simulator) on a Mac first.
let package = Package(
    name: "YiqianDevice",
    platforms: [.iOS(.v14)],
    products: [.library(name: "YiqianDevice", targets: ["YiqianDevice"])],
    targets: [
        .binaryTarget(name: "CYiqianDevice", path: "build/CYiqianDevice.xcframework"),
        .target(name: "YiqianDevice", dependencies: ["CYiqianDevice"]),
    ]
)

@testable import OCI

extension FuzzedParser {
    static let values = [
        FuzzedParser("digest", longest: 200) { bytes in
            let text = text(bytes)
            do {
                let digest = try Digest(parsing: text)
                try require(digest.description == text, "\(text) is printed as \(digest)")
                try require(digest.bytes.count == digest.algorithm.byteCount, "the length of \(digest)")
                try require(try Digest(bytes: digest.bytes) == digest, "\(digest) has other bytes")
                try require(text.hasPrefix(digest.short), "\(digest.short) is not how \(digest) begins")
            } catch let error as DigestError {
                try requireShowable(error)
            }
        },
        FuzzedParser("mediatype", longest: 400) { bytes in
            guard let type = MediaType(header: text(bytes)) else { return }
            try require(MediaType(header: type.description) == type, "\(type) reads as another type")
            try require(type.description.utf8.count <= 255, "a type of \(type.description.utf8.count) bytes")
            try require(type.description.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }, "a type that is no ASCII: \(type)")
            try require(type.description == type.description.lowercased(), "a type in upper case: \(type)")
        },
        FuzzedParser("platform", longest: 300) { bytes in
            if let platform = Platform(parsing: text(bytes)) { try check(platform) }
            // As a manifest writes it: by its parts, any of which may be missing.
            let parts = bytes.split(separator: 0, maxSplits: 3, omittingEmptySubsequences: false).map { text($0) }
            let written = Platform(
                os: parts[0], architecture: parts.count > 1 ? parts[1] : "", variant: parts.count > 2 ? parts[2] : nil,
                osVersion: parts.count > 3 ? parts[3] : nil)
            if let platform = Platform(parsing: written.description) { try check(platform) }
        },
        FuzzedParser("timestamp", longest: 64) { bytes in
            do {
                let time = try Timestamp(parsing: text(bytes))
                let year = time.description.prefix(5)
                // An offset may lead out of the years that can be written.
                if year.last == "-" {
                    try require(try Timestamp(parsing: time.description) == time, "\(time) reads as another time")
                }
            } catch let error as TimestampError {
                try requireShowable(error)
            }
            // Any number of microseconds can be printed.
            let number = Int64(bitPattern: bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
            let printed = Timestamp(microseconds: number).description
            try require(printed.utf8.count <= 40, "\(number) is printed as \(printed)")
        },
    ]

    static func check(_ platform: Platform) throws {
        let printed = platform.description
        try require(Platform(parsing: printed) == platform, "\(printed) reads as another platform")
        try require(printed.utf8.count <= 110, "a platform of \(printed.utf8.count) bytes")
        try require(printed.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }, "a platform that is no ASCII: \(printed)")
    }
}

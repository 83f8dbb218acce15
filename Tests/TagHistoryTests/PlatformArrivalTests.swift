import OCI
import TagHistory
import Testing

@Suite struct PlatformArrivalTests {
    @Test func platformsComeInTheirOrder() throws {
        let (amd, arm) = (Platform(os: "linux", architecture: "amd64"), Platform(os: "linux", architecture: "arm64"))
        var rows: [Change] = []
        func add(_ hours: Double, _ kind: ChangeKind, _ platforms: [Platform]) throws {
            let time = Timestamp(seconds: 1_700_000_000).advanced(bySeconds: hours * 3_600)
            let digest = try Digest(bytes: [UInt8](repeating: UInt8(rows.count + 1), count: 32))
            rows.append(
                Change(
                    digest: digest, previousDigest: rows.last?.digest, kind: kind, source: .observed,
                    observedAt: time, notBefore: time, platforms: platforms))
        }
        try add(0, .first, [])
        for push in [100.0, 200, 300] {
            try add(push, .rebuild, [amd])
            try add(push + 2, .metadata, [])
            try add(push + 2 + push / 100, .rebuild, [arm])
        }
        let arrivals = PlatformArrival.all(in: CountedRows(rows, firstSeenAt: nil))
        #expect(arrivals.map(\.platform) == [amd, arm])
        #expect(arrivals.map(\.updates) == [3, 3])
        #expect(arrivals.map(\.medianDelaySeconds) == [0, 4 * 3_600])
        #expect(arrivals[1].lastAt == rows.last?.observedAt)
        #expect(PlatformArrival.all(in: CountedRows([], firstSeenAt: nil)).isEmpty)
    }
}

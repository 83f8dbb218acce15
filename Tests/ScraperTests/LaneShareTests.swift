import Testing

@testable import Scraper

@Suite struct LaneShareTests {
    @Test(arguments: [
        (0.01, 2, 6_400.0), (0.1, 2, 640), (0.5, 2, 300), (5, 5, 300), (10, 10, 300), (100, 100, 300),
        (1_000, 500, 300),
        (Double.infinity, 500, 300),
    ]) func aSecondsWorthForAsLongAsItMayTake(_ rate: Double, _ batch: Int, _ lease: Double) {
        let share = LaneShare(requestsPerSecond: rate, settings: WorkerSettings(name: "test"))
        #expect(share.batch == batch)
        #expect(share.lease == lease)
    }
}

import Foundation
public import OCI

extension LaneSchedule {
    /// The latest `nextCheckAt` that may be claimed. What the budget has to spare beyond that stays unspent.
    public func claimable(at now: Timestamp) -> Timestamp { now.advanced(byDays: leadDays) }

    /// How far the clock may run ahead of time: half a period. Where a period became shorter at once, with a larger
    /// budget or fewer tags, the clock may be farther ahead, and then goes on from there with time instead of waiting
    /// for it.
    var leadDays: Double { max(periodDays / 2, clockWhenSteered.days(since: steeredAt)) }

    /// Notes that a claim in the order of `nextCheckAt` has reached this one. Not to be called for checks out of turn.
    public mutating func advanceClock(to nextCheckAt: Timestamp) { clock = max(clock, nextCheckAt) }

    /// Whether a tag's last check is long enough ago, however fast the clock runs.
    public static func mayCheckAgain(lastCheckAt: Timestamp, at now: Timestamp) -> Bool {
        now.seconds(since: lastCheckAt) >= floorDays * 86_400
    }

    /// When a tag is due again whose check failed.
    /// - Parameter seconds: how long its host is to be left alone.
    public func retry(after seconds: Double, at now: Timestamp) -> Timestamp {
        clock.advanced(bySeconds: seconds)
    }

    /// How far the clock lags behind time, in seconds; negative where it is ahead.
    public func lag(at now: Timestamp) -> Double { now.seconds(since: clock) }

    /// Step 6: moves c so that the clock keeps time. To be called every ``steeringInterval``; calls between are ignored.
    ///
    /// A clock that runs at half the speed of time makes all intervals twice as long as c says, so c should be twice as
    /// large; a tenth of that at a time, because bursts come and go. What the clock has lost or gained is made good
    /// slowly. A smaller budget needs no waiting for this: the clock follows at once.
    mutating func steer(at now: Timestamp) {
        let elapsed = now.seconds(since: steeredAt)
        guard elapsed >= Self.steeringInterval else {
            // A period that became shorter: from here on the clock goes with time.
            if clock > claimable(at: now) { (steeredAt, clockWhenSteered) = (now, clock) }
            return
        }
        let speed = clock.seconds(since: clockWhenSteered) / elapsed
        let behind = lag(at: now) / 86_400 / periodDays
        steeredAt = now
        clockWhenSteered = clock
        // It stands still while no worker lives, which says nothing of c.
        guard speed > 0 else { return }
        var factor = pow(min(2, max(0.5, speed)), -0.1) * exp(0.02 * min(1, max(-1, behind)))
        // The clock has run ahead as far as it may, so requests are left over; not where it falls back already.
        if behind < -0.4, speed > 0.9 { factor = 0.7 }
        // Outside of these bounds nothing would change: every tag would stand at the floor or at the ceiling.
        spacing = min(1_000, max(1e-6, spacing * factor))
    }

    /// Lengthens intervals that are far too short for the budget, as those of a lane are that was small a moment ago.
    /// Steering would take weeks, and meanwhile hot and idle tags would stand at the shortest interval alike.
    /// - Parameter requestsPerDay: what its tags would take.
    mutating func relieve(of requestsPerDay: Double) {
        let excess = requestsPerDay / (Self.mostWanted * self.requestsPerDay)
        if excess > 1 { spacing = min(1_000, spacing * min(1.4, excess)) }
    }

    /// What tags may want, in budgets, before their intervals are far too short.
    static let mostWanted = 2.0

    /// Seconds.
    public static let steeringInterval = 21_600.0
}

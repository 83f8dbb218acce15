public import OCI

/// What the schedule remembers of a registry's host: how far apart its checks are, so that they spend its budget.
///
/// The mean delay under a budget is least where checks come in proportion to √λ. So the interval is c/√λ with one c per
/// lane. Whatever the budget is at the moment, the lane's own clock keeps those proportions: checks are done in the
/// order of `nextCheckAt` whenever a request may be made, due or not, the clock stands at the latest `nextCheckAt`
/// reached, and the next check counts from there. Where requests are scarce the clock runs slower than time, and all
/// intervals are stretched alike: the tags that are looked at every few minutes do not wait behind those that are looked
/// at daily. Where they are plentiful it runs ahead. ``steer(at:)`` sees to it that the clock agrees with time in the long run.
public struct LaneSchedule: Sendable, Equatable {
    /// c, in √days.
    public var spacing: Double
    /// Where the checks have got to.
    public var clock: Timestamp
    /// B: requests a day that may be spent here.
    public var requestsPerDay: Double
    /// N: tags tracked here.
    public var tags: Int
    /// When c was last looked at, and where the clock stood then.
    public var steeredAt: Timestamp
    public var clockWhenSteered: Timestamp

    /// - Parameter requestsPerDay: finite and above zero; other values become a request a day.
    public init(requestsPerDay: Double, tags: Int, at now: Timestamp) {
        self.requestsPerDay = requestsPerDay > 0 && requestsPerDay.isFinite ? requestsPerDay : 1
        self.tags = tags
        clock = now
        steeredAt = now
        clockWhenSteered = now
        spacing = 0
        // As if all tags were new.
        spacing = periodDays * Life.newTag.rate.squareRoot()
    }

    /// A lane as a store has kept it.
    public init(
        spacing: Double, clock: Timestamp, requestsPerDay: Double, tags: Int, steeredAt: Timestamp,
        clockWhenSteered: Timestamp
    ) {
        self.init(requestsPerDay: requestsPerDay, tags: tags, at: clock)
        self.spacing = spacing
        self.steeredAt = steeredAt
        self.clockWhenSteered = clockWhenSteered
    }

    /// T: the days in which the budget could visit each tag once.
    public var periodDays: Double { Double(max(1, tags)) / requestsPerDay }

    /// No tag is checked again within five minutes.
    public static let floorSeconds = 300.0
    public static let floorDays = floorSeconds / 86_400
    /// Nor later than this, however idle.
    public var ceilingDays: Double { min(60, max(7, 4 * periodDays)) }

    /// The same of a lane of which no more is known.
    /// - Parameter pull: changes a day.
    public static func interval(spacing: Double, requestsPerDay: Double, tags: Int, pull: Double) -> Double {
        var lane = LaneSchedule(requestsPerDay: requestsPerDay, tags: tags, at: Timestamp(seconds: 0))
        lane.spacing = spacing
        return lane.interval(pull: pull)
    }

    /// Step 4: days between two checks of a tag that draws checks with `pull`.
    func interval(pull: Double) -> Double {
        min(ceilingDays, max(Self.floorDays, spacing / pull.squareRoot()))
    }

    /// How many days of delay a check must save to be worth its request: what an ordinary one saves, λ·(c/√λ)²/2. Twice as
    /// much, as a precaution against guessed probabilities, was measured to be a fifth worse where requests are scarce.
    var price: Double { spacing * spacing / 2 }
}

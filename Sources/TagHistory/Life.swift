import Foundation

/// Is a tag still being rebuilt, and how soon again? Each tag updates at random with a rate of its own, and after each
/// update may have got its last one: the modified BG/NBD model of Batislam, Denizel and Filiztekin, Empirical
/// validation and comparison of models for customer base analysis, IJRM 24 (2007).
struct Life {
    // Fitted to the tags of Docker's official images; STATISTICS.md.
    static let r = 1.0
    static let alphaDays = 12.0
    static let a = 1.2
    static let b = 1.0

    /// Updates so far, with those that wide spans probably hide.
    let events: Double
    /// From the first sighting to the last update, 0 without one.
    let lastEventDays: Double
    /// From the first sighting to now.
    let ageDays: Double

    /// The probability that an update is still to come.
    var alive: Double {
        let silence = exp((Self.r + events) * log((Self.alphaDays + ageDays) / (Self.alphaDays + lastEventDays)))
        return 1 / (1 + Self.a / (Self.b + events) * silence)
    }

    /// The probability of an update within the next days.
    func due(within days: Double) -> Double {
        let quiet = (Self.r + events) * log((Self.alphaDays + ageDays) / (Self.alphaDays + ageDays + days))
        return alive * -expm1(quiet)
    }
}

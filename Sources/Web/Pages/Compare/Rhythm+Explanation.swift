import TagHistory

extension Rhythm {
    /// The reason without the word that it begins with.
    var explanation: String {
        guard let colon = reason.firstIndex(of: ":") else { return Words.sentence(reason) }
        return Words.sentence(reason[reason.index(after: colon)...].drop { $0 == " " }.description)
    }
}

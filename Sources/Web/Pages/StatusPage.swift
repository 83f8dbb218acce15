/// `/status`: whether the site does its work.
struct StatusPage: Page {
    static let template = "status"

    struct Lane: Sendable, Hashable {
        let registry: String
        let href: String
        let problem: String?
        let tracked: String
        let due: String
        let failing: String
        let oldestDue: Moment?
        let lastSuccess: Moment?
    }

    /// A repository whose tags are followed as they appear.
    struct Followed: Sendable, Hashable {
        let repository: String
        let href: String
        /// Why its tags could not be listed last.
        let problem: String?
        let selected: String
        let listed: Moment?
        let next: Moment
    }

    struct Day: Sendable, Hashable {
        let label: String
        let unchanged: String
        let changed: String
        let missing: String
        let failed: String
        let duration: String
    }

    struct Worker: Sendable, Hashable {
        let name: String
        let since: Moment
    }

    let title = "Status · Tagbeat"
    let summary = "Workers, registries and the last days' checks."
    let isStatus = true
    var badge: Badge?
    var answer = ""
    var notices: [Notice] = []
    var figures: [Figure] = []
    var lanes: [Lane] = []
    var scheduleText = ""
    var paces: [Pace] = []
    var hosts: [Host] = []
    var followed: [Followed] = []
    var chart = ""
    var days: [Day] = []
    var workers: [Worker] = []
}

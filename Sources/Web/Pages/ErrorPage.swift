/// What a person sees instead of a page that cannot be shown.
struct ErrorPage: Page {
    static let template = "error"

    let title: String
    let summary: String
    let status: Int
    let heading: String
    let detail: String
    /// What the search box begins with.
    let query: String

    init(status: Int, heading: String, detail: String, query: String = "") {
        title = heading + " · Tagbeat"
        summary = heading
        self.status = status
        self.heading = heading
        self.detail = detail
        self.query = query
    }
}

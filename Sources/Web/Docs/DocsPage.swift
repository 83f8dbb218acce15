/// `/docs`: what the OpenAPI document says, to read.
struct DocsPage: Page {
    static let template = "docs"

    struct Group: Sendable, Hashable {
        let name: String
        let anchor: String
        let summary: String
        let operations: [Operation]
    }

    struct Operation: Sendable, Hashable {
        let method: String
        let path: String
        let anchor: String
        let summary: String
        let details: String?
        /// Whether it takes a token; nil: it makes no difference.
        let access: String?
        let parameters: [Member]
        let body: Member?
        let answers: [Answer]
    }

    /// A parameter or a member of an object.
    struct Member: Sendable, Hashable {
        let name: String
        let place: String?
        let type: String
        /// Where the type is described.
        let href: String?
        let text: String?
    }

    struct Answer: Sendable, Hashable {
        let status: String
        let text: String
        let type: String?
        let href: String?
    }

    struct Model: Sendable, Hashable {
        let name: String
        let anchor: String
        let details: String?
        let members: [Member]
    }

    let title = "API · Tagbeat"
    let summary: String
    let isDocs = true
    /// Paragraphs.
    let introduction: [String]
    let groups: [Group]
    let models: [Model]
}

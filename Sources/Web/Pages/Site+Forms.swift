import HTTPTypes
import Hummingbird
import OCI
import Store

// What pages do without a script: forms that answer with a page, or send the browser on to one.

extension Site {
    /// The button "Track this tag".
    func trackForm(_ request: Request, _ context: SiteContext) async throws -> Response {
        try Access.requireSameSite(request, publicURL: settings.publicURL)
        let form = try await formFields(request)
        // The search box of the first page is also where an image to track is named.
        let text = try form.text("image").isEmpty ? form.text("query") : form.text("image")
        let reference = try Self.reference(from: text)
        _ = try await track(reference, for: request, context)
        return Response(status: .seeOther, headers: [.location: Href.tag(reference)])
    }

    /// The button "Check now".
    func checkForm(_ request: Request, _ context: SiteContext) async throws -> Response {
        try Access.requireSameSite(request, publicURL: settings.publicURL)
        let reference = try ReferencePath.reference(of: request.uri.path, after: "/checks/")
        try requireBudget(request, context)
        guard let check = try await store.requestCheck(of: reference, at: clock()) else {
            throw Self.notTracked(reference)
        }
        _ = try await outcome(of: check)
        return Response(status: .seeOther, headers: [.location: Href.tag(reference)])
    }

    private func formFields(_ request: Request) async throws -> Query {
        let body = try await RequestBodyText.read(request)
        return try Query(body)
    }
}

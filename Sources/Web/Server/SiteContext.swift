import Hummingbird
import NIOCore

/// What is known of a request besides itself.
struct SiteContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// Who is connected: the client, or a proxy.
    let peer: SocketAddress?

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        peer = source.channel.remoteAddress
    }
}

import AsyncHTTPClient

extension Proxy {
    var configuration: HTTPClient.Configuration.Proxy {
        switch kind {
        case .socks5: .socksServer(host: host, port: port)
        case .http:
            .server(
                host: host, port: port,
                authorization: login.map { .basic(username: $0.username, password: $0.password.text) })
        }
    }
}

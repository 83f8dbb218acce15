import ArgumentParser
import Foundation
import Hummingbird

/// For benchmarks, so not in the list of commands.
struct Bare: AsyncParsableCommand, ServiceCommand {
    var isService: Bool { true }

    static let configuration = CommandConfiguration(
        abstract: "Answer with constant bytes: what the web page's server could do at best.",
        shouldDisplay: false)

    @Option(help: "How many bytes.") var bytes = 1_000

    func validate() throws {
        guard (0...10_000_000).contains(bytes) else { throw ValidationError("--bytes is 0 to 10,000,000.") }
    }

    func run() async throws {
        let body = ByteBuffer(repeating: UInt8(ascii: "."), count: bytes)
        let router = Router()
        router.get("/") { _, _ in
            Response(status: .ok, headers: [.contentType: "application/json"], body: .init(byteBuffer: body))
        }
        let application = Application(
            router: router,
            configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in
                print("Answering at http://127.0.0.1:\(channel.localAddress?.port ?? 0)/")
                fflush(nil)
            })
        try await application.runService()
    }
}

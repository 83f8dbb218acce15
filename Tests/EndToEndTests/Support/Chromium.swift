import Foundation
import Glibc
import Subprocess
import Synchronization
import SystemPackage
import TestSupport

/// One headless Chromium, spoken to over a pipe as its developer tools do.
/// https://chromedevtools.github.io/devtools-protocol/
final class Chromium: Sendable {
    typealias Object = [String: any Sendable]

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private struct State {
        var next = 1
        var answers: [Int: CheckedContinuation<Object, any Error>] = [:]
        var pages: [String: BrowserPage] = [:]
        var isClosed = false
    }

    private let state = Mutex(State())
    private let folder: TemporaryFolder
    private let input: Int32
    private let output: Int32

    /// It ends when the pipe's other end closes, so with the tests, however they end.
    init() throws {
        folder = try TemporaryFolder()
        for name in ["in", "out"] where mkfifo(folder.path + "/" + name, 0o600) != 0 {
            throw Failure(description: "mkfifo: errno \(errno)")
        }
        // Opened for both ways, because opening a named pipe for one waits for the other side.
        input = open(folder.path + "/in", O_RDWR | O_CLOEXEC)
        output = open(folder.path + "/out", O_RDWR | O_CLOEXEC)
        let command = """
            cd "$1" && exec timeout 600 /usr/bin/chromium --headless=new --no-sandbox --disable-gpu \
            --disable-dev-shm-usage --hide-scrollbars --disable-background-networking --disable-component-update \
            --no-first-run --user-data-dir="$1/profile" --remote-debugging-pipe about:blank 3<in 4>out
            """
        let path = folder.path
        Task {
            _ = try? await Subprocess.run(
                .name("sh"), arguments: Arguments(["-c", command, "sh", path]), output: .discarded,
                error: .discarded)
        }
        Thread.detachNewThread { [weak self, output] in
            var rest: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = read(output, &buffer, buffer.count)
                guard count > 0 else { return }
                rest += buffer[..<count]
                while let end = rest.firstIndex(of: 0) {
                    let message = Data(rest[..<end])
                    rest.removeSubrange(...end)
                    guard let self else { return }
                    self.take(message)
                }
            }
        }
    }

    /// Closes the browser. The reading thread ends with the tests: nothing wakes it.
    func close() async {
        _ = try? await send("Browser.close")
        state.withLock { $0.isClosed = true }
    }

    /// - Throws: ``Failure`` with what the browser says is wrong.
    @discardableResult
    func send(_ method: String, _ parameters: Object = [:], session: String? = nil) async throws -> Object {
        try await withCheckedThrowingContinuation { continuation in
            let id = state.withLock { state in
                state.next += 1
                state.answers[state.next] = continuation
                return state.next
            }
            var message: [String: Any] = ["id": id, "method": method, "params": parameters]
            if let session { message["sessionId"] = session }
            let data = ((try? JSONSerialization.data(withJSONObject: message)) ?? Data()) + [0]
            data.withUnsafeBytes { bytes in
                var sent = 0
                while sent < bytes.count {
                    let count = write(input, bytes.baseAddress?.advanced(by: sent), bytes.count - sent)
                    guard count > 0 else { return }
                    sent += count
                }
            }
        }
    }

    func add(_ page: BrowserPage) { state.withLock { $0.pages[page.session] = page } }

    private func take(_ data: Data) {
        guard let message = (try? JSONSerialization.jsonObject(with: data)) as? Object else { return }
        if let id = message["id"] as? Int {
            guard let continuation = state.withLock({ $0.answers.removeValue(forKey: id) }) else { return }
            if let error = message["error"] as? Object {
                continuation.resume(throwing: Failure(description: "\(error["message"] ?? "")"))
            } else {
                continuation.resume(returning: message["result"] as? Object ?? [:])
            }
        } else if let session = message["sessionId"] as? String, let method = message["method"] as? String {
            let page = state.withLock { $0.pages[session] }
            page?.take(method, message["params"] as? Object ?? [:])
        }
    }
}

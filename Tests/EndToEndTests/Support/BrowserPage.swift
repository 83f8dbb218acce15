import Foundation
import Synchronization

/// A tab, with everything that it asked for and complained of.
final class BrowserPage: Sendable {
    private struct State {
        var loads = 0
        var waiting: [(Int, CheckedContinuation<Void, Never>)] = []
        var requests: [String] = []
        var complaints: [String] = []
    }

    let chromium: Chromium
    let session: String
    private let state = Mutex(State())

    /// The addresses that it asked for.
    var requests: [String] { state.withLock { $0.requests } }
    /// Errors and warnings of its console, and what it could not load.
    var complaints: [String] { state.withLock { $0.complaints } }

    private init(_ chromium: Chromium, session: String) {
        self.chromium = chromium
        self.session = session
    }

    static func open(
        in chromium: Chromium, width: Int, height: Int = 900, scheme: Browser.Scheme = .light, hasScript: Bool = true
    ) async throws -> BrowserPage {
        let target = try await chromium.send("Target.createTarget", ["url": "about:blank"])["targetId"] as? String
        let attached = try await chromium.send(
            "Target.attachToTarget", ["targetId": target ?? "", "flatten": true])
        let page = BrowserPage(chromium, session: attached["sessionId"] as? String ?? "")
        chromium.add(page)
        for domain in ["Page", "Runtime", "Network", "Log", "DOM"] { try await page.send("\(domain).enable") }
        try await page.send(
            "Emulation.setDeviceMetricsOverride",
            ["width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600])
        let feature: [String: String] = ["name": "prefers-color-scheme", "value": scheme.rawValue]
        try await page.send("Emulation.setEmulatedMedia", ["features": [feature]])
        if !hasScript { try await page.send("Emulation.setScriptExecutionDisabled", ["value": true]) }
        return page
    }

    @discardableResult
    func send(_ method: String, _ parameters: Chromium.Object = [:]) async throws -> Chromium.Object {
        try await chromium.send(method, parameters, session: session)
    }

    func go(to url: String) async throws {
        let loads = state.withLock { $0.loads }
        try await send("Page.navigate", ["url": url])
        await loaded(after: loads)
    }

    /// Does something that leads to another page, and waits for that.
    func follow(_ action: () async throws -> Void) async throws {
        let loads = state.withLock { $0.loads }
        try await action()
        await loaded(after: loads)
    }

    private func loaded(after count: Int) async {
        await withCheckedContinuation { continuation in
            state.withLock { state in
                if state.loads > count { return continuation.resume() }
                state.waiting.append((count, continuation))
            }
        }
    }

    /// What an expression comes to, a promise's value included.
    func evaluate(_ expression: String) async throws -> (any Sendable)? {
        let answer = try await send(
            "Runtime.evaluate", ["expression": expression, "awaitPromise": true, "returnByValue": true])
        if let exception = answer["exceptionDetails"] as? Chromium.Object {
            throw Chromium.Failure(description: "\(exception)")
        }
        return (answer["result"] as? Chromium.Object)?["value"]
    }

    /// Waits until an expression is true, at most some seconds.
    func wait(until expression: String) async throws -> Bool {
        for _ in 0..<200 {
            if try await evaluate(expression) as? Bool == true { return true }
            try await Task.sleep(for: .milliseconds(25))
        }
        return false
    }

    /// `Tab`, `Enter` and the like; a key without text of its own needs its code.
    func press(_ key: String, shift: Bool = false) async throws {
        let codes = ["Backspace": 8, "Tab": 9, "Enter": 13, "Space": 32, "Escape": 27]
        let text = ["Enter": "\r", "Space": " "][key] ?? ""
        for type in [text.isEmpty ? "rawKeyDown" : "keyDown", "keyUp"] {
            try await send(
                "Input.dispatchKeyEvent",
                [
                    "type": type, "key": key == "Space" ? " " : key, "code": key,
                    "windowsVirtualKeyCode": codes[key] ?? 0, "modifiers": shift ? 8 : 0,
                    "text": type == "keyUp" ? "" : text,
                ])
        }
    }

    func type(_ text: String) async throws { try await send("Input.insertText", ["text": text]) }

    /// - Returns: whether there is such an element; it has the focus then.
    func focus(_ selector: String) async throws -> Bool {
        let root = try await send("DOM.getDocument")["root"] as? Chromium.Object
        let found = try await send("DOM.querySelector", ["nodeId": root?["nodeId"] as? Int ?? 0, "selector": selector])
        guard let node = found["nodeId"] as? Int, node > 0 else { return false }
        try await send("DOM.focus", ["nodeId": node])
        return true
    }

    var url: String {
        get async throws {
            let tree = try await send("Page.getFrameTree")["frameTree"] as? Chromium.Object
            return (tree?["frame"] as? Chromium.Object)?["url"] as? String ?? ""
        }
    }

    /// The whole page as a PNG file among the artefacts.
    @discardableResult
    func picture(_ name: String) async throws -> Data {
        let answer = try await send("Page.captureScreenshot", ["format": "png", "captureBeyondViewport": true])
        let data = Data(base64Encoded: answer["data"] as? String ?? "") ?? Data()
        try data.write(to: Browser.folder.appendingPathComponent("\(name).png"))
        return data
    }

    func take(_ method: String, _ parameters: Chromium.Object) {
        state.withLock { state in
            switch method {
            case "Page.loadEventFired":
                state.loads += 1
                state.waiting.removeAll { count, continuation in
                    guard state.loads > count else { return false }
                    continuation.resume()
                    return true
                }
            case "Network.requestWillBeSent":
                state.requests.append((parameters["request"] as? Chromium.Object)?["url"] as? String ?? "")
            case "Log.entryAdded":
                let entry = parameters["entry"] as? Chromium.Object ?? [:]
                if ["error", "warning"].contains(entry["level"] as? String) {
                    state.complaints.append("\(entry["text"] ?? "") \(entry["url"] ?? "")")
                }
            case "Runtime.exceptionThrown": state.complaints.append("\(parameters["exceptionDetails"] ?? "")")
            case "Runtime.consoleAPICalled":
                if ["error", "warning", "assert"].contains(parameters["type"] as? String) {
                    state.complaints.append("\(parameters["args"] ?? "")")
                }
            default: break
            }
        }
    }
}

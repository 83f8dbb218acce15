import Dispatch
import Synchronization

/// Work that computes for minutes.
enum Background {
    /// On a thread of its own: it would hold up whatever shares the threads of tasks, such as the one that waits for signals.
    /// - Parameter body: tells the share that it has done, which ends it by an error where the task is cancelled.
    static func run<Value: Sendable>(
        _ doing: String, _ body: @escaping @Sendable (_ progress: (Double) throws -> Void) throws -> Value
    ) async throws -> Value {
        let isCancelled = Atomic(false)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                DispatchQueue.global().async {
                    var shown = -1
                    // Where nobody watches a terminal, ten lines tell as much.
                    let step = Console.progressIsShown ? 1 : 10
                    let result = Result {
                        try body { share in
                            if isCancelled.load(ordering: .relaxed) { throw CancellationError() }
                            let percent = Int(100 * share) / step * step
                            guard percent > shown else { return }
                            shown = percent
                            let text = "\(percent) % of the trace \(doing)"
                            if Console.progressIsShown { Console.progress(text) } else { Console.note(text) }
                        }
                    }
                    continuation.resume(with: result)
                }
            }
        } onCancel: {
            isCancelled.store(true, ordering: .relaxed)
        }
    }
}

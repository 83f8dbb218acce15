/// Shows progress ten times a second at most: what is not shown is not even put into words.
final class ProgressMeter {
    private var lastShown: ContinuousClock.Instant?

    func show(_ text: () -> String) {
        let now = ContinuousClock.now
        if let lastShown, now - lastShown < .milliseconds(100) { return }
        lastShown = now
        Console.progress(text())
    }
}

import Logging
import OCI
import RegistryClient
import Store
import Synchronization

extension Worker {
    /// Tracks Docker Hub's most pulled official images, once: not again after the database went away, nor what was
    /// untracked since. Where it cannot be asked, it is asked again later.
    func trackPopular() async {
        while !Task.isCancelled, needsPopular.withLock({ $0 }) {
            do {
                let images = try await digests.popularImages(limit: settings.popularImages)
                let latest = try images.map { TagReference(repository: $0, tag: try Tag(parsing: "latest")) }
                let tracking = try await store.track(latest, origin: .starter, at: clock())
                needsPopular.withLock { $0 = false }
                logger.info("tracking \(tracking.count) popular images of Docker Hub to begin with")
                return
            } catch let failure as CheckFailure {
                logger.debug("Docker Hub's popular images are asked for later: \(failure)")
            } catch { health.databaseFailed(error) }
            try? await Task.sleep(for: .seconds(60))
        }
    }
}

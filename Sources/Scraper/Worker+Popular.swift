import Logging
import OCI
import RegistryClient
import Store

extension Worker {
    /// Tracks Docker Hub's most pulled official images, once. Where it cannot be asked, it is asked again later.
    func trackPopular() async {
        guard settings.popularImages > 0 else { return }
        while !Task.isCancelled {
            do {
                let images = try await digests.popularImages(limit: settings.popularImages)
                let latest = try images.map { TagReference(repository: $0, tag: try Tag(parsing: "latest")) }
                let tracking = try await store.track(latest, origin: .starter, at: clock())
                logger.info("tracking \(tracking.count) popular images of Docker Hub to begin with")
                return
            } catch let failure as CheckFailure {
                logger.debug("Docker Hub's popular images are asked for later: \(failure)")
            } catch { health.databaseFailed(error) }
            try? await Task.sleep(for: .seconds(60))
        }
    }
}

import OCI
import Store

/// Well-known images for an empty database, so that the first page shows what Tagbeat is for.
enum Starter {
    static let images = [
        "alpine:latest", "alpine:3.22", "debian:stable-slim", "debian:bookworm-slim", "ubuntu:24.04", "busybox:latest",
        "python:3.13-slim", "python:3.12", "node:22-slim", "golang:1.25", "eclipse-temurin:21-jre", "swift:6.2",
        "nginx:stable", "postgres:17", "redis:8", "gcr.io/distroless/static-debian12:latest",
        "cgr.dev/chainguard/static:latest", "registry.access.redhat.com/ubi9/ubi-minimal:latest",
        "mcr.microsoft.com/dotnet/aspnet:9.0", "quay.io/prometheus/prometheus:latest",
    ]

    /// How many of Docker Hub's official images are tracked where they are wished for.
    static let popularImages = 100

    /// Tracks the starter images where nothing was ever tracked.
    static func plant(in store: TagStore, at now: Timestamp) async throws -> Int {
        guard try await store.isEmpty() else { return 0 }
        return try await store.track(images.map { try TagReference(parsing: $0) }, origin: .starter, at: now).count
    }
}

public import OCI

/// A named group of images on the first screen.
public struct Preset: Sendable, Hashable {
    public let name: String
    public let images: [TagReference]

    public init(name: String, images: [TagReference]) {
        self.name = name
        self.images = images
    }

    /// What stands there where the settings have none. Names that cannot be read are left out, of which there is none.
    public static let standard: [Preset] = [
        preset(
            "Distributions",
            [
                "debian:stable-slim", "ubuntu:24.04", "alpine:3", "fedora:latest", "rockylinux:9",
                "registry.access.redhat.com/ubi9/ubi-minimal:latest", "cgr.dev/chainguard/wolfi-base:latest",
                "gcr.io/distroless/static-debian12:latest",
            ]),
        preset(
            "Python",
            [
                "python:3.12-slim", "cgr.dev/chainguard/python:latest",
                "registry.access.redhat.com/ubi9/python-312:latest",
            ]),
        preset(
            "Languages",
            [
                "python:3.13-slim", "node:22-slim", "golang:1.25", "rust:1-slim", "eclipse-temurin:21-jre", "php:8.4",
                "ruby:3.4", "mcr.microsoft.com/dotnet/aspnet:9.0",
            ]),
        preset("Databases", ["postgres:17", "mysql:8.4", "mariadb:11", "redis:8", "mongo:8", "memcached:1"]),
        preset("Web servers", ["nginx:stable", "httpd:2.4", "caddy:2", "traefik:v3", "haproxy:lts"]),
    ]

    private static func preset(_ name: String, _ images: [String]) -> Preset {
        Preset(name: name, images: images.compactMap { try? TagReference(parsing: $0) })
    }
}

import OCI
import Testing

@testable import Web

@Suite struct NamesTests {
    private static let cases: [PastedCase] = [
        PastedCase("nothing", .names, "", []),
        PastedCase("white space", .names, " \n\t\n", []),
        PastedCase(
            "names with a line of a compose file among them", .names,
            "python:3.12\n$ docker pull nginx:1.27\nweb:\n- image: foo:1\nghcr.io/acme/app",
            ["python:3.12 | 1 name", "nginx:1.27 | 2 command", "foo:1 | 4 name", "ghcr.io/acme/app:latest | 5 name"]),
        PastedCase("one name", .names, "python", ["python:latest | 1 name"]),
        PastedCase(
            "one a line, with comments", .names,
            "# mine\npython:3.12-slim\n\n  cgr.dev/chainguard/python # theirs\nregistry.access.redhat.com/ubi9/python-312",
            [
                "python:3.12-slim | 2 name", "cgr.dev/chainguard/python:latest | 4 name",
                "registry.access.redhat.com/ubi9/python-312:latest | 5 name",
            ]),
        PastedCase(
            "lists of all kinds", .names,
            "- python:3.12\n* `node:20`\n1. \"ruby:3\",\n2) (go)\npython:3.12, node:20;php",
            [
                "python:3.12 | 1 name, 5 name", "node:20 | 2 name, 5 name", "ruby:3 | 3 name", "go:latest | 4 name",
                "php:latest | 5 name",
            ]),
        PastedCase(
            "commands", .names,
            """
            $ docker pull python:3.12
            # docker run alpine
            sudo docker run -d --name web -p 80:80 -v /a:/b -e X=1 --rm nginx:1.27 nginx -g x
            podman run -itp8080:80 --env=A=b -u 1 quay.io/podman/hello
            docker run --rm -it --entrypoint sh \\
              --memory 1g \\
              ghcr.io/acme/app:2 -c "echo"
            docker buildx imagetools inspect debian:12
            skopeo inspect docker://fedora:40
            kubectl run x --image=busybox:1 -- sh
            docker compose up
            docker ps
            """,
            [
                "python:3.12 | 1 command", "alpine:latest | 2 command", "nginx:1.27 | 3 command",
                "quay.io/podman/hello:latest | 4 command", "ghcr.io/acme/app:2 | 5 command", "debian:12 | 8 command",
                "fedora:40 | 9 command", "busybox:1 | 10 command",
            ]),
        PastedCase(
            "prose", .names,
            """
            Please look at this.
            We build on python:3.12-slim, and will move to cgr.dev/chainguard/python.
            is node:22 still rebuilt? or rather ghcr.io/acme/app
            Which of them is best for our team?
            python node redis
            postgres, mysql and mariadb
            It runs 24/7 since 10:30 with and/or without debian:12.
            """,
            [
                "python:3.12-slim | 2 name", "cgr.dev/chainguard/python:latest | 2 name", "node:22 | 3 name",
                "ghcr.io/acme/app:latest | 3 name", "python:latest | 5 name", "node:latest | 5 name",
                "redis:latest | 5 name", "postgres:latest | 6 name", "mysql:latest | 6 name", "mariadb:latest | 6 name",
                "debian:12 | 7 name",
            ]),
        PastedCase(
            "addresses", .names,
            """
            https://hub.docker.com/_/python
            https://hub.docker.com/r/grafana/grafana/tags?page=1
            https://hub.docker.com/layers/library/python/3.12/images/sha256-0
            https://quay.io/repository/prometheus/node-exporter?tab=tags
            https://github.com/Acme/App/pkgs/container/app%2Fserver
            docker://alpine:3.20
            https://example.com/python
            Look at https://example.com/python and at https://hub.docker.com/_/redis for more.
            """,
            [
                "python:latest | 1 name", "grafana/grafana:latest | 2 name", "python:3.12 | 3 name",
                "quay.io/prometheus/node-exporter:latest | 4 name", "ghcr.io/acme/app/server:latest | 5 name",
                "alpine:3.20 | 6 name", "! https://example.com/python | 7 name", "redis:latest | 8 name",
            ]),
        PastedCase("a byte order mark", .names, "\u{feff}python", ["python:latest | 1 name"]),
    ]

    @Test(arguments: cases)
    func images(names: PastedCase) throws { try names.check() }

    @Test func tagsStandOnce() throws {
        let digest = "sha256:" + String(repeating: "0", count: 64)
        let read = try PastedImages(text: "python:3\npython:3@\(digest)\n?!")
        #expect(read.images.count == 3)
        #expect(read.tags.map(\.familiar) == ["python:3"])
        #expect(read.images[1].pinned?.description == digest)
    }
}

import Testing

@testable import Web

@Suite struct DockerfileTests {
    private static let digest = "sha256:" + String(repeating: "ab", count: 32)

    private static let cases: [PastedCase] = [
        PastedCase("one line", .dockerfile, "FROM python:3.12", ["python:3.12 | 1 FROM"]),
        PastedCase(
            "any case, tabs, comments", .dockerfile,
            "# our base\n\n\t from\talpine  aS  Build\nfrom build\nFrOm Debian:12",
            [
                "alpine:latest | 3 FROM, stage Build", "! Debian:12 | 5 FROM",
            ]),
        PastedCase(
            "stages, platforms, numbers", .dockerfile,
            """
            # syntax=docker/dockerfile:1.7
            FROM --platform=$BUILDPLATFORM golang:1.22-alpine AS build
            COPY --link --from=tonistiigi/xx:1.4.0 / /
            RUN go build
            FROM scratch AS files
            COPY --from=0 /app /app
            COPY --chown=1:1 --from=build /app /app
            COPY --from=files / /
            COPY --from=7 / /
            FROM --platform=linux/arm64 gcr.io/distroless/static-debian12:nonroot
            COPY --from=BUILD /app /
            """,
            [
                "golang:1.22-alpine | 2 FROM, stage build", "tonistiigi/xx:1.4.0 | 3 COPY --from",
                "7:latest | 9 COPY --from", "gcr.io/distroless/static-debian12:nonroot | 10 FROM",
                "docker/dockerfile:1.7 | 1 Dockerfile syntax",
            ]),
        PastedCase(
            "a stage named like its image", .dockerfile,
            "FROM node AS node\nFROM node\nFROM nginx AS web\nCOPY --from=node / /\nCOPY --from=nginx /etc /etc",
            [
                "node:latest | 1 FROM, stage node", "nginx:latest | 3 FROM, stage web, 5 COPY --from",
            ]),
        PastedCase(
            "arguments", .dockerfile,
            """
            ARG REGISTRY=ghcr.io/acme
            ARG VERSION="3.12" SUFFIX='-slim'
            ARG TAG=${VERSION}${SUFFIX}
            ARG NOTHING
            ARG UNSET=${ABSENT}x
            FROM python:$TAG AS a
            FROM ${REGISTRY}/base:${VERSION:-1} AS b
            FROM ${MIRROR:-docker.io}/library/node:${NODE:-20${ALPINE:+-alpine}} AS c
            FROM ruby:3${SUFFIX:+-bookworm} AS d
            FROM redis:7${NOTHING} AS e
            FROM ${NOTHING}
            FROM php:${PHP_VERSION}-fpm
            FROM php:${UNSET}
            FROM php:${VERSION%.*}
            FROM base-$TARGETARCH
            """,
            [
                "python:3.12-slim | 6 FROM, stage a", "ghcr.io/acme/base:3.12 | 7 FROM, stage b",
                "node:20 | 8 FROM, stage c", "ruby:3-bookworm | 9 FROM, stage d", "redis:7 | 10 FROM, stage e",
                "! ${NOTHING} | 11 FROM", "! php:${PHP_VERSION}-fpm | 12 FROM", "! php:${UNSET} | 13 FROM",
                "! php:${VERSION%.*} | 14 FROM", "base-amd64:latest | 15 FROM",
            ]),
        PastedCase(
            "arguments within a stage are not those of FROM", .dockerfile,
            "ARG V=1\nFROM a:$V\nARG V=2\nARG W=9\nCOPY --from=b:$V / /\nFROM c:$V\nARG V\nCOPY --from=d:$V / /\nFROM e:$W",
            [
                "a:1 | 2 FROM", "b:2 | 5 COPY --from", "c:1 | 6 FROM", "d:1 | 8 COPY --from", "! e:$W | 9 FROM",
            ]),
        PastedCase(
            "continuation lines with comments and empty lines", .dockerfile,
            "FROM \\\n  --platform=linux/amd64 \\\n  # which one\n\n  debian:12 \\  \n  AS base\nRUN apt-get update && \\\n"
                + "    # FROM nothing\n    echo FROM me \\\n    from:you\nFROM base\nFROM ubuntu:24.04",
            ["debian:12 | 1 FROM, stage base", "ubuntu:24.04 | 12 FROM"]),
        PastedCase(
            "escape by a backtick", .dockerfile,
            "# escape=`\n# syntax=docker/dockerfile:1\nFROM mcr.microsoft.com/windows/servercore:ltsc2022 `\n  AS win\n"
                + "RUN dir C:\\\nFROM win\nCOPY a C:\\\nFROM mcr.microsoft.com/dotnet/runtime:8.0",
            [
                "mcr.microsoft.com/windows/servercore:ltsc2022 | 3 FROM, stage win",
                "mcr.microsoft.com/dotnet/runtime:8.0 | 8 FROM", "docker/dockerfile:1 | 2 Dockerfile syntax",
            ]),
        PastedCase(
            "heredocs", .dockerfile,
            """
            FROM alpine:3.20
            RUN <<EOF
            FROM nothing:1
            EOF
            RUN <<-'END' cat > /Dockerfile && echo "<<NO"
            FROM nothing:2
            \t\tEND
            COPY <<"one" <<two /etc/
            FROM nothing:3
            one
            FROM nothing:4
            two
            RUN echo $((1<<2)) <<< word
            RUN python3 <<PY
            print("FROM nothing:5")
            FROM nothing:6
             PY
            PY
            ENV A=<<EOF
            FROM busybox:1
            RUN <<OPEN
            FROM nothing:7
            """,
            ["alpine:3.20 | 1 FROM", "busybox:1 | 20 FROM"]),
        PastedCase(
            "mounts", .dockerfile,
            """
            FROM rust:1.79 AS build
            RUN --mount=type=cache,target=/x --mount=type=bind,from=build,target=/b \\
                --mount=type=bind,from=ghcr.io/astral-sh/uv:0.4,source=/uv,target=/uv \\
                uv --mount=from=none
            ONBUILD COPY --from=busybox:1.36 / /
            ONBUILD FROM notallowed:1
            RUN --network=none --mount=from=composer:2,target=/c composer install
            """,
            [
                "rust:1.79 | 1 FROM, stage build", "ghcr.io/astral-sh/uv:0.4 | 2 RUN --mount",
                "busybox:1.36 | 5 COPY --from", "composer:2 | 7 RUN --mount",
            ]),
        PastedCase(
            "digests", .dockerfile, "FROM python:3.12@\(digest)\nFROM python@\(digest)\nFROM python:3.12",
            [
                "python:3.12@sha256:abababababab | 1 FROM", "! python@\(digest) | 2 FROM", "python:3.12 | 3 FROM",
            ]),
        PastedCase(
            "hosts, ports and addresses", .dockerfile,
            "FROM localhost:5000/a:1\nFROM [2001:db8::1]:5000/b\nFROM registry.example.org/c/d:2\nFROM https://x.org/y",
            [
                "localhost:5000/a:1 | 1 FROM", "[2001:db8::1]:5000/b:latest | 2 FROM",
                "registry.example.org/c/d:2 | 3 FROM", "! https://x.org/y | 4 FROM",
            ]),
        PastedCase(
            "the same image twice, written differently", .dockerfile,
            "FROM python\nFROM docker.io/library/python:latest AS b\nFROM index.docker.io/python:latest",
            [
                "python:latest | 1 FROM, 2 FROM, stage b, 3 FROM"
            ]),
        PastedCase(
            "in the fence of Markdown", .dockerfile, "```dockerfile\nFROM alpine:3\nRUN a\n```",
            [
                "alpine:3 | 2 FROM"
            ]),
        PastedCase(
            "a part of one, after prose", .dockerfile, "Here is mine.\nFROM alpine:3 AS x\nRUN a",
            [
                "alpine:3 | 2 FROM, stage x"
            ]),
        PastedCase(
            "an instruction cut off", .dockerfile, "FROM\nFROM   \nARG\nFROM a\nCOPY\nRUN \\", ["a:latest | 4 FROM"]),
        PastedCase(
            "markup", .dockerfile, "FROM <script>alert(1)</script>", ["! <script>alert(1)</script> | 1 FROM"]),
        PastedCase(
            "quotes", .dockerfile, "ARG A=\"b c\"\nFROM \"debian:12\"\nFROM 'x:$A'",
            [
                "debian:12 | 2 FROM", "! 'x:$A' | 3 FROM",
            ]),
    ]

    @Test(arguments: cases)
    func images(dockerfile: PastedCase) throws { try dockerfile.check() }

    @Test func aMissingValueIsNamed() throws {
        let images = try PastedImages(text: "FROM php:${PHP_VERSION}-fpm\nFROM a:${B/c/d}\nFROM A").images
        #expect(
            images.map { $0.reason?.prefix(34) } == [
                "The variable PHP_VERSION has no va", "Its variables are written in a way",
                "\"A\": a repository's name is lower-",
            ])
    }
}

import Testing

@testable import Web

@Suite struct YAMLImagesTests {
    private static let cases: [PastedCase] = [
        PastedCase(
            "a compose file", .yaml,
            """
            services:
              web:
                image: nginx:1.27   # the newest
                ports: ["80:80"]
              db:
                image: "postgres:${PG_VERSION:-16}-alpine"
              cache: {image: 'redis', restart: always}
              app:
                build: .
                command: ls * && echo *.js
            volumes:
              image:
            """,
            [
                "nginx:1.27 | 3 service web", "postgres:16-alpine | 6 service db", "redis:latest | 7 service cache",
            ]),
        PastedCase(
            "settings and steps", .yaml,
            """
            services:
              a:
                image: a
                environment: {image: b, IMAGE: c}
                labels:
                  image: d
              env:
                image: g
            jobs:
              test:
                steps:
                - uses: docker://e:1
                - uses: actions/checkout@v4
                  env: {image: f}
            """,
            ["a:latest | 3 service a", "g:latest | 8 service env", "e:1 | 12 image"]),
        PastedCase(
            "what jobs run in, and their services", .yaml,
            """
            container: z
            jobs:
              test:
                runs-on: ubuntu-latest
                container: node:26
                services:
                  db: {image: "postgres:17"}
            build:
              services:
              - redis:8
              - name: mysql:9
                alias: db
              - name: kong
                url: http://example.org
            """,
            ["node:26 | 5 image", "postgres:17 | 7 service db", "redis:8 | 10 image", "mysql:9 | 11 image"]),
        PastedCase(
            "variables", .yaml,
            """
            services:
              a: {image: "a:${TAG}"}
              b: {image: "b:$TAG"}
              c: {image: "${REG:?say which}/c"}
              d: {image: "d:1$$x"}
              e: {image: "e${X:+-dev}:${V-2}"}
            """,
            [
                "! a:${TAG} | 2 service a", "! b:$TAG | 3 service b", "! ${REG:?say which}/c | 4 service c",
                "! d:1$$x | 5 service d", "e:2 | 6 service e",
            ]),
        PastedCase(
            "anchors and merge keys", .yaml,
            """
            x-image: &image python:3.12
            x-base: &base
              image: &main ghcr.io/acme/app:1
              restart: always
            x-more: &more
              <<: *base
              init: true
            services:
              web:
                <<: *base
              worker:
                <<: [*more, *base]
                image: ghcr.io/acme/worker:2
              beat:
                <<:
                  - *more
                command: "*/5 * * * *"
              job: *base
              test: {image: *image}
              last: {image: *main}
            """,
            [
                "ghcr.io/acme/app:1 | 3 service x-base, 3 service x-more, 3 service web, 3 service beat, 3 service job, "
                    + "20 service last", "ghcr.io/acme/worker:2 | 13 service worker", "python:3.12 | 19 service test",
            ]),
        PastedCase(
            "a Kubernetes manifest of several documents", .yaml,
            """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: shop}
            spec:
              template:
                spec:
                  initContainers:
                    - image: busybox:1.36
                      name: init
                  containers:
                    - name: app
                      image: registry.example.org:5000/shop/app:2.1
                    - {name: proxy, image: envoyproxy/envoy:v1.30.1}
            ---
            # second
            kind: CronJob
            spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: j, image: alpine}]}}}}}
            ...
            ---
            kind: Pod
            spec:
              containers:
              - image: alpine
            """,
            [
                "busybox:1.36 | 8 init", "registry.example.org:5000/shop/app:2.1 | 12 app",
                "envoyproxy/envoy:v1.30.1 | 13 proxy", "alpine:latest | 17 j, 23 image",
            ]),
        PastedCase(
            "JSON", .yaml, #"{"name":"x","services":{"web":{"image":"caddy:2","x":[1,2]}}}"#,
            [
                "caddy:2 | 1 service web"
            ]),
        PastedCase(
            "a pipeline", .yaml,
            """
            image: ruby:3.3
            services:
              - postgres:16
              - name: redis:7
                alias: cache
            test:
              image: {name: "node:20", entrypoint: [""]}
            """,
            ["ruby:3.3 | 1 image", "postgres:16 | 3 image", "redis:7 | 4 image", "node:20 | 7 image"]),
        PastedCase(
            "a chart's values", .yaml,
            "image:\n  repository: ghcr.io/acme/app\n  tag: \"1.2\"\nsidecar:\n  image:\n    registry: quay.io\n"
                + "    repository: a/b\n    pullPolicy: Always\n",
            ["ghcr.io/acme/app:1.2 | 2 image", "quay.io/a/b:latest | 6 image"]),
        PastedCase(
            "a template is read line by line", .yaml,
            """
            containers:
              - name: {{ .Chart.Name }}
                {{- if .Values.x }}
                image: "{{ .Values.image.repository }}:1"
                {{- end }}
              - image: 'busybox:1.36' # init
            """,
            ["! {{ .Values.image.repository }}:1 | 4 image", "busybox:1.36 | 6 image"], isPartial: true),
        PastedCase(
            "a Dockerfile within", .yaml,
            "services:\n  a:\n    build:\n      dockerfile_inline: |\n        FROM alpine:3 AS x\n        FROM x\n"
                + "        FROM node:20\n",
            ["alpine:3 | 5 FROM, stage x", "node:20 | 7 FROM"]),
        PastedCase("no image at all", .yaml, "services:\n  web:\n    build: .\n", []),
        PastedCase(
            "an empty image", .yaml, "services:\n  a:\n    image:\n  b:\n    image: ''\n  c: {image: null}\n", []),
        PastedCase("only a part", .yaml, "    image: a:1\n    ports: []\n", ["a:1 | 1 image"]),
        PastedCase("an item", .yaml, "- image: a:1\n- image: b:1\n", ["a:1 | 1 image", "b:1 | 2 image"]),
        PastedCase(
            "duplicate keys", .yaml, "services:\n  a: {image: a}\n  a: {image: b}\n", [], isPartial: true),
        PastedCase("an unknown alias", .yaml, "services:\n  a:\n    image: *nothing\n", ["! *nothing | 3 service a"]),
        PastedCase(
            "a number", .yaml, "services:\n  a:\n    image: 12\n  b:\n    image: [x]\n", ["12:latest | 3 service a"]),
    ]

    @Test(arguments: cases)
    func images(yaml: PastedCase) throws { try yaml.check() }

    @Test func anAliasBombIsRefusedOrPassedOver() {
        #expect(throws: PastedTextError.tooComplex) {
            try PastedImages(text: HostileTextTests.bomb + "services: {web: *a20}\n")
        }
    }

    @Test func tooDeepIsRefused() {
        let deep = (0..<300).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
        #expect(throws: PastedTextError.tooComplex) { try PastedImages(text: deep) }
    }
}

import ArgumentParser
import Foundation
import OCI
import Store
import Web

struct Token: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Create, list and revoke tokens for what writes through the API.",
        discussion: "A token is shown once, when it is created; only its hash is kept.",
        subcommands: [Create.self, Listed.self, Revoke.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Create a token and print it.")

        @Argument(help: "What it is for, for example ci.") var name: String
        @OptionGroup(title: "Database and log") var options: DatabaseOptions

        func validate() throws {
            guard (1...100).contains(name.utf8.count), name.allSatisfy({ $0.isASCII && !$0.isWhitespace }),
                name.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7f })
            else { throw ValidationError("A token's name has 1 to 100 ASCII characters without spaces.") }
        }

        func run() async throws {
            try await Session.with(options) { session in
                let token = AccessToken()
                guard try await session.store.addToken(name, hash: token.hash, at: .now()) else {
                    throw Failure("there is a token \(name) already; revoke it first, or choose another name")
                }
                try Console.print(token.text)
            }
        }
    }

    struct Listed: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "List tokens by name.")

        @Flag(help: "Print one JSON object per token.") var json = false
        @OptionGroup(title: "Database and log") var options: DatabaseOptions

        func run() async throws {
            try await Session.with(options) { session in
                let tokens = try await session.store.tokens()
                if json {
                    for token in tokens {
                        try Console.print(
                            try Console.json([
                                "name": token.name, "createdAt": token.createdAt.description,
                                "lastUsedAt": token.lastUsedAt?.description,
                            ]))
                    }
                } else if tokens.isEmpty {
                    try Console.print("No tokens. Begin with: tagbeat token create NAME")
                } else {
                    let rows = tokens.map {
                        [$0.name, $0.createdAt.description, $0.lastUsedAt?.description ?? "never"]
                    }
                    try Console.print(Console.table(["NAME", "CREATED", "LAST USED"], rows))
                }
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Revoke a token at once.")

        @Argument(help: "Its name.") var name: String
        @OptionGroup(title: "Database and log") var options: DatabaseOptions

        func run() async throws {
            try await Session.with(options) { session in
                guard try await session.store.revokeToken(name) else { throw Failure("there is no token \(name)") }
                try Console.print("Revoked \(name)")
            }
        }
    }
}

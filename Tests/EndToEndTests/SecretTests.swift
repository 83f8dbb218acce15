import Foundation
import Testing

@testable import Tagbeat

@Suite struct SecretTests {
    @Test(arguments: [
        ("postgresql://me:hush@db.example:5432/tagbeat", "postgresql://me:•••@db.example:5432/tagbeat"),
        ("postgres://me:hu@sh/hush@db/tagbeat", "postgres://me:•••@db/tagbeat"),
        ("postgresql://me@db/tagbeat", "postgresql://me@db/tagbeat"),
        (
            "postgresql:///tagbeat?host=/run/pg&user=me&password=hush",
            "postgresql:///tagbeat?host=/run/pg&user=me&password=•••"
        ),
        ("postgresql://db/x?sslpassword=hush&sslmode=require", "postgresql://db/x?sslpassword=•••&sslmode=require"),
        ("postgresql://db/x?%70assword=hush", "postgresql://db/x?%70assword=•••"),
        ("host=db user=me password=hush dbname=tagbeat", "host=db user=me dbname=tagbeat"),
        ("host=db password='hu host=hush' user=me", "•••"),
        ("password=hush", ""),
    ])
    func databaseURLsHidePasswords(_ text: String, _ expected: String) throws {
        let url = try DatabaseURL(text)
        #expect(url.conninfo == text)
        #expect(url.description == expected)
        var dumped = ""
        dump(url, to: &dumped)
        #expect(!"\(url)\(url.debugDescription)\(dumped)\(String(reflecting: Optional(url)))".contains("hush"))
    }

    @Test func settingsShowNoSecrets() throws {
        let path = FileManager.default.temporaryDirectory.path + "/tagbeat-secrets-\(UUID().uuidString).yaml"
        try "registries: {docker.io: {username: me, password: hush}}".write(
            toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let settings = try Settings.load(environment: [
            "DATABASE_URL": "postgresql://me:hush@db/x", "TAGBEAT_ADMIN_TOKEN": "hush", "DOCKERHUB_PASSWORD": "hush",
            "TAGBEAT_CONFIG": path,
        ])
        #expect(settings.registries.first?.password?.revealed == "hush")
        var dumped = ""
        dump(settings, to: &dumped)
        for text in [settings.description, dumped, String(reflecting: settings), "\(settings.registries)"] {
            #expect(!text.contains("hush"))
        }
        #expect(settings.description.contains("databaseURL: postgresql://me:•••@db/x"))
    }
}

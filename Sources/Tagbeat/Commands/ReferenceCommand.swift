import ArgumentParser
import OCI

struct ReferenceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reference",
        abstract: "Show how image names are read, as JSON lines; asks no registry.")

    @Argument(help: "Image names as one writes them for docker.") var texts: [String]

    func run() throws {
        var isBad = false
        for text in texts {
            do {
                try Console.print(Console.json(Reading(input: text, reference: try Reference(parsing: text))))
            } catch let error as ReferenceError {
                isBad = true
                Console.error(error.description)
            }
        }
        if isBad { throw Failure.badInput("") }
    }
}

private struct Reading: Encodable {
    let input: String
    let reference: Reference

    private enum Key: CodingKey { case input, registry, repository, tag, digest, canonical }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(input, forKey: .input)
        try container.encode(reference.repository.registry.name, forKey: .registry)
        try container.encode(reference.repository.path, forKey: .repository)
        try container.encode(reference.tag?.name, forKey: .tag)
        try container.encode(reference.digest, forKey: .digest)
        try container.encode(reference.description, forKey: .canonical)
    }
}

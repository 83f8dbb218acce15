import ArgumentParser
import Foundation
import LibPQ
import RegistryClient
import Store

/// Why a command ends without success, in words for the person who typed it.
struct Failure: Error, CustomStringConvertible {
    enum Code: Int32 {
        case failed = 1
        case badInput = 2
        /// Nobody reads on: as of a program that dies of SIGPIPE.
        case unread = 141
    }

    let code: Code
    let description: String

    init(_ description: String, code: Code = .failed) {
        self.description = description
        self.code = code
    }

    static func badInput(_ description: String) -> Failure { Failure(description, code: .badInput) }

    /// Prints what went wrong in one line, or the help that was asked for, and exits with the contract's code.
    static func exit(with error: any Error) -> Never {
        if let failure = error as? Failure {
            if !failure.description.isEmpty { Console.error(failure.description) }
            Foundation.exit(failure.code.rawValue)
        }
        switch Tagbeat.exitCode(for: error) {
        case .success:
            do { try Console.print(Tagbeat.fullMessage(for: error)) } catch { exit(with: error) }
            Foundation.exit(0)
        case .validationFailure:
            Console.note(Tagbeat.fullMessage(for: error))
            Foundation.exit(Code.badInput.rawValue)
        default:
            if !(error is CancellationError) { Console.error(explanation(error)) }
            Foundation.exit((isOfInput(error) ? Code.badInput : .failed).rawValue)
        }
    }

    /// What is seen to be wrong only where it is used.
    private static func isOfInput(_ error: any Error) -> Bool {
        error is SettingError || (error as? PostgresError)?.code == .invalidConnectionString
            || (error as? MonitorError)?.isPassing == false
    }

    private static func explanation(_ error: any Error) -> String {
        guard let error = error as? PostgresError else { return "\(error)" }
        switch error.code {
        case .invalidConnectionString: return "DATABASE_URL: \(error.description)"
        case .connectionFailed:
            return "\(error.description); check DATABASE_URL and that the server runs, or unset it to use a private one"
        default: return "the database refused: \(error.description)"
        }
    }
}

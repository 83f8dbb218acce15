import CLibPQ

extension Connection {
    static let begin = "BEGIN ISOLATION LEVEL READ COMMITTED; "

    /// Runs `body` in a transaction: committed when it returns, rolled back when it throws or is cancelled.
    ///
    /// Its statements see what others have committed by then, whatever is the database's default: those that wait for a
    /// lock first rely on it.
    /// - Parameter settings: trusted text sent along with BEGIN: several SET LOCAL, and locks to wait for.
    /// - Throws: what `body` threw, or ``PostgresError`` where COMMIT failed. After `connectionLost` on COMMIT it is
    ///   unknown whether the transaction took effect, so what is written must bear being written again.
    public func transaction<Value>(
        settings: String = "", isolation: isolated (any Actor)? = #isolation,
        _ body: (Connection) async throws -> sending Value
    ) async throws -> sending Value {
        guard shared.claimTransaction() else {
            throw mailbox.failure ?? PostgresError(.misuse, "the connection is already in a transaction")
        }
        defer { shared.releaseTransaction() }
        let value: Value
        do {
            try await runScript(Self.begin + settings)
            value = try await body(self)
            try checkCanCommit()
        } catch {
            // Where the rollback fails the connection is gone, and with it the transaction.
            try? await runDespiteCancellation("ROLLBACK")
            throw error
        }
        do {
            try await runScript("COMMIT")
        } catch {
            try? await runDespiteCancellation("ROLLBACK")
            throw error
        }
        return value
    }

    /// COMMIT would quietly roll back where the body went on after a statement that failed.
    private func checkCanCommit() throws(PostgresError) {
        switch shared.transactionStatus {
        case PQTRANS_INTRANS: return
        case PQTRANS_INERROR:
            throw PostgresError(
                .server, "a statement of the transaction had failed, so nothing was committed", sqlState: "25P02")
        default: throw PostgresError(.misuse, "the transaction was ended by a statement within it")
        }
    }
}

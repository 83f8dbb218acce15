import NIOSSL

extension TLSConfiguration {
    /// What one registry's settings say of TLS; nil where they say nothing.
    ///
    /// - Throws: `SettingError`, which names the file and never what it holds.
    static func of(_ settings: RegistrySettings) throws(SettingError) -> TLSConfiguration? {
        guard settings.caFile != nil || settings.clientCertificate != nil else { return nil }
        var tls = TLSConfiguration.makeClientConfiguration()
        if let file = settings.caFile {
            do {
                tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(file))
            } catch {
                throw SettingError("the CA file \(file) cannot be read, or holds no PEM certificates")
            }
        }
        guard let client = settings.clientCertificate else { return tls }
        do {
            tls.certificateChain = try NIOSSLCertificate.fromPEMFile(client.certificateFile).map { .certificate($0) }
        } catch {
            throw SettingError(
                "the client certificate \(client.certificateFile) cannot be read, or holds no PEM certificates")
        }
        do {
            tls.privateKey = .privateKey(try NIOSSLPrivateKey(file: client.keyFile, format: .pem))
        } catch {
            throw SettingError("the client key \(client.keyFile) cannot be read, or is no PEM key without a passphrase")
        }
        return tls
    }
}

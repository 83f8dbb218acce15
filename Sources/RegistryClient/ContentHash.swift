import Crypto
import OCI

enum ContentHash {
    /// The digest of exactly these bytes.
    static func digest(of bytes: [UInt8], as algorithm: OCI.Digest.Algorithm) -> OCI.Digest? {
        let hash: [UInt8] =
            switch algorithm {
            case .sha256: Array(SHA256.hash(data: bytes))
            case .sha512: Array(SHA512.hash(data: bytes))
            }
        return try? OCI.Digest(bytes: hash)
    }
}

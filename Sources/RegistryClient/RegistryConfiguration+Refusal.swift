public import OCI

extension RegistryConfiguration {
    /// Why a registry that somebody named would not be asked at all, in words for that person; nil where it would.
    ///
    /// It only looks at what is written: where the name leads is checked on each connection.
    public func refusal(of registry: Registry) -> String? {
        guard registries[registry]?.endpoint == nil else { return nil }
        let origin = Origin(scheme: .https, host: registry.host.lowercased(), port: registry.port ?? 443)
        let policy = ConnectionPolicy(privateRegistries: privateRegistries, configured: [])
        guard !privateRegistries.contains(origin) else { return nil }
        do { _ = try policy.admit(origin, in: .guarded) } catch { return error.description }
        if origin.host == "localhost" { return ConnectionPolicy.privateAddress(origin.host).description }
        guard let address = AddressBytes(parsing: origin.host) else { return nil }
        return AddressRules.isPublic(address) ? nil : ConnectionPolicy.privateAddress(origin.host).description
    }
}

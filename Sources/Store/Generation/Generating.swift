import LibPQ
import OCI
import TagHistory

extension TagStore {
    /// Fills an empty database with a made-up site, by COPY and in one transaction.
    /// - Parameter progress: told of tags and changes written so far.
    /// - Returns: the rows of history written.
    /// - Throws: ``StoreError/notEmpty`` where anything was ever tracked.
    public func generate(
        _ site: GeneratedSite, progress: (_ part: String, _ rows: Int) -> Void = { _, _ in }
    ) async throws -> Int {
        guard try await isEmpty() else { throw StoreError.notEmpty }
        let rows = try await pool.transaction { connection in
            try await connection.runScript(Self.withoutIndexes + Self.namesScript)
            try await connection.copyTags(of: site, progress: progress)
            try await connection.copyChecks(of: site)
            try await connection.copyDigests(of: site, progress: progress)
            let rows = try await connection.copyChanges(of: site, progress: progress)
            progress("indexes", rows)
            try await connection.runScript(Self.withIndexes)
            return rows
        }
        try await pool.withConnection { try await $0.runScript("VACUUM (ANALYZE)") }
        return rows
    }

    /// What is filled in order keeps its keys; everything else is built at the end, from all rows at once.
    private static let withoutIndexes = """
        CREATE TEMPORARY TABLE generated_indexes ON COMMIT DROP AS
            SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition FROM pg_index i
            WHERE indrelid IN ('tags'::regclass, 'tag_checks'::regclass, 'changes'::regclass)
                AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid);
        DO $$ DECLARE item record; BEGIN
            FOR item IN SELECT * FROM generated_indexes LOOP EXECUTE 'DROP INDEX ' || item.name; END LOOP;
        END $$;

        """
    private static let withIndexes = """
        DO $$ DECLARE item record; BEGIN
            FOR item IN SELECT * FROM generated_indexes ORDER BY name LOOP EXECUTE item.definition; END LOOP;
            FOR item IN SELECT unnest(ARRAY['repositories', 'tags', 'digests']) AS name LOOP
                EXECUTE format('SELECT setval(pg_get_serial_sequence(%L, %L), max(id)) FROM %I', item.name, 'id', item.name);
            END LOOP;
        END $$
        """
    private static let namesScript =
        "INSERT INTO media_types (name) VALUES ('application/vnd.oci.image.index.v1+json');"
        + insertion("registries (name)", GeneratedSite.registries)
        + insertion("platforms (name)", GeneratedSite.platforms)
        + insertion("platform_sets (platforms)", GeneratedSite.platformSets)

    /// Of constants of ours.
    private static func insertion(_ target: String, _ values: [String]) -> String {
        "INSERT INTO \(target) VALUES " + values.map { "('\($0)')" }.joined(separator: ", ") + ";"
    }
}

extension Connection {
    fileprivate func copyTags(of site: GeneratedSite, progress: (String, Int) -> Void) async throws {
        let repositories: SQL = "COPY repositories (id, registry_id, path, prefix) FROM STDIN (FORMAT binary)"
        try await copy(site, repositories) { rows, repository, ids in
            ids.repository += 1
            rows.append(columns: 4) { fields in
                fields.append(ids.repository)
                fields.append(Int32(repository.registry + 1))
                fields.append(repository.path)
                fields.append("\(GeneratedSite.registries[repository.registry])/\(repository.path):")
            }
        }
        let tags: SQL = """
            COPY tags (id, repository_id, tag, origin, state, tracked_since, last_viewed_at,
                last_changed_at, last_pushed_at, changes, changes_30d, interval_days, rhythm, pulse)
                FROM STDIN (FORMAT binary)
            """
        try await copy(site, tags) { rows, repository, ids in
            ids.repository += 1
            for group in repository.groups {
                for (index, tag) in group.tags.enumerated() {
                    ids.tag += 1
                    let history = group.history(of: index)
                    let summary = TagSummary(
                        id: ids.tag, history: history, firstSeenAt: history.first?.observedAt,
                        lastSucceededAt: group.checks(of: index).last, at: site.until)
                    let state: TagState = history.last?.digest == nil ? .missing : .active
                    rows.append(columns: 14) { fields in
                        fields.append(ids.tag)
                        fields.append(ids.repository)
                        fields.append(tag)
                        fields.append(TagOrigin.import)
                        fields.append(state)
                        fields.append(summary.firstSeenAt)
                        fields.append(summary.firstSeenAt)
                        fields.append(summary.lastChangedAt)
                        fields.append(summary.lastPushedAt)
                        fields.append(summary.changes)
                        fields.append(summary.changes30d)
                        fields.append(summary.intervalDays)
                        fields.append(summary.rhythm?.number)
                        fields.append(summary.pulse.map { ByteString($0.bytes) })
                    }
                }
            }
            progress("tags", Int(ids.tag))
        }
    }

    fileprivate func copyChecks(of site: GeneratedSite) async throws {
        let checks: SQL = """
            COPY tag_checks (tag_id, registry_id, repository_id, next_check_at, last_checked_at, last_succeeded_at,
                last_missing_at, digest_id, digest_head, is_missing, events, last_event_days, rate, seen_changes,
                first_seen_at, tag)
                FROM STDIN (FORMAT binary)
            """
        let lane = LaneSchedule(requestsPerDay: 864_000, tags: site.tags, at: site.until)
        try await copy(site, checks) { rows, repository, ids in
            ids.repository += 1
            for group in repository.groups {
                let newest = group.events.last { $0.digest != nil }?.digest ?? 0
                let isMissing = group.events.last?.digest == nil
                for index in group.tags.indices {
                    ids.tag += 1
                    let checks = group.checks(of: index)
                    let history = group.history(of: index)
                    let seen = history.last?.notBefore
                    let schedule = TagSchedule(
                        history: history, lastCheckAt: checks.last, in: RepositorySchedule(), lane: lane, chance: 0)
                    rows.append(columns: 16) { fields in
                        fields.append(ids.tag)
                        fields.append(Int32(repository.registry + 1))
                        fields.append(ids.repository)
                        fields.append(checks.next)
                        fields.append(checks.last)
                        fields.append(isMissing ? seen : checks.last)
                        fields.append(isMissing ? checks.last : nil)
                        fields.append(ids.digest + Int32(newest) + 1)
                        fields.append(group.digests.indices.contains(newest) ? DigestHead(group.digests[newest]) : nil)
                        fields.append(isMissing)
                        fields.append(schedule?.events ?? 0)
                        fields.append(schedule?.lastEventDays ?? 0)
                        fields.append(schedule?.rate)
                        fields.append(schedule?.changes ?? 0)
                        fields.append(history.first?.observedAt)
                        fields.append(group.tags[index])
                    }
                }
                ids.digest += Int32(group.digests.count)
            }
        }
    }

    fileprivate func copyDigests(of site: GeneratedSite, progress: (String, Int) -> Void) async throws {
        let digests: SQL = "COPY digests (id, media_type_id, digest) FROM STDIN (FORMAT binary)"
        try await copy(site, digests) { rows, repository, ids in
            for digest in repository.groups.flatMap(\.digests) {
                ids.digest += 1
                rows.append(columns: 3) { fields in
                    fields.append(ids.digest)
                    fields.append(Int32(1))
                    fields.append(digest)
                }
            }
            progress("digests", Int(ids.digest))
        }
    }

    fileprivate func copyChanges(of site: GeneratedSite, progress: (String, Int) -> Void) async throws -> Int {
        var count = 0
        try await copy(site, ChangeRow.copy) { rows, repository, ids in
            for group in repository.groups {
                for index in group.tags.indices {
                    ids.tag += 1
                    for (event, change) in zip(group.events, group.history(of: index)) {
                        rows.append(
                            ChangeRow(tagID: ids.tag, ordinal: 0, change: change),
                            digestID: event.digest.map { ids.digest + Int32($0) + 1 }, setID: event.platformSet)
                        count += 1
                    }
                }
                ids.digest += Int32(group.digests.count)
            }
            progress("changes", count)
        }
        return count
    }

    /// Identifiers given out so far.
    private struct Identifiers {
        var (repository, tag, digest): (Int32, Int32, Int32) = (0, 0, 0)
    }

    /// One COPY of rows that each repository adds.
    private func copy(
        _ site: GeneratedSite, _ sql: SQL, _ add: (inout CopyRows, GeneratedRepository, inout Identifiers) -> Void
    ) async throws {
        var ids = Identifiers()
        var repositories = site.repositories.makeIterator()
        _ = try await copyIn(sql) {
            var rows = CopyRows()
            while rows.bytes.count < 1 << 18, let repository = repositories.next() {
                add(&rows, repository, &ids)
            }
            return rows.count > 0 ? rows : nil
        }
    }
}

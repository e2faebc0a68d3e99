// The embedded store's tables. Every value of every search parameter is one interval row (src/README.md, "The index").

/** Raised with every change of `MIGRATIONS`; kept in `PRAGMA user_version`. */
export const MIGRATIONS: readonly string[] = [
  `
  -- several = 1 once any version of any resource had more than one entry of it; never taken back.
  CREATE TABLE param (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, several INTEGER NOT NULL DEFAULT 0) STRICT;
  CREATE TABLE type (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;

  -- One row per resource ever made. ref = 'Type/id'; seq = its newest version.
  CREATE TABLE resource (
    rid INTEGER PRIMARY KEY, ref TEXT NOT NULL UNIQUE, type INTEGER NOT NULL, seq INTEGER NOT NULL,
    deleted INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX resource_type ON resource (type, rid) WHERE deleted = 0;
  CREATE INDEX resource_deleted ON resource (type, rid) WHERE deleted = 1;

  -- One row per version. seq is the monotonic write sequence; prior = the seq it replaced, where there was one.
  -- method: POST PUT PATCH DELETE; at = lastUpdated in ms, never falling as seq grows. document: null for a deletion.
  CREATE TABLE version (
    seq INTEGER PRIMARY KEY, rid INTEGER NOT NULL, type INTEGER NOT NULL, prior INTEGER, version_id TEXT NOT NULL,
    method TEXT NOT NULL, at INTEGER NOT NULL, document BLOB
  ) STRICT;
  CREATE INDEX version_rid ON version (rid, seq);
  CREATE INDEX version_type ON version (type, seq);
  CREATE INDEX version_prior ON version (seq, prior, rid) WHERE prior IS NOT NULL;

  -- Entries of the current version of what is not deleted. lo, hi: numbers before text, as SQLite itself orders them.
  CREATE TABLE entry (
    param INTEGER NOT NULL, lo ANY NOT NULL, rid INTEGER NOT NULL, hi ANY NOT NULL,
    PRIMARY KEY (param, lo, rid, hi)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX entry_rid ON entry (rid, param, lo, hi);
  -- Intervals longer than a day (ms): "ends after" seeks them here, and all others by lo (probe.ts).
  CREATE INDEX entry_long ON entry (param, hi, rid) WHERE hi - lo > 86400000;

  -- Entries of every replaced or deleted version (seq = that version): history and walks bound to an older sequence.
  CREATE TABLE past_entry (
    rid INTEGER NOT NULL, seq INTEGER NOT NULL, param INTEGER NOT NULL, lo ANY NOT NULL, hi ANY NOT NULL,
    PRIMARY KEY (rid, seq, param, lo, hi)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE record (
    collection TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, owner TEXT, expires_at INTEGER,
    PRIMARY KEY (collection, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX record_owner ON record (collection, owner);
  CREATE INDEX record_expiry ON record (expires_at) WHERE expires_at IS NOT NULL;

  -- One row: raised by every transaction that touches records, so that every process sees it.
  CREATE TABLE epoch (value INTEGER NOT NULL) STRICT;
  INSERT INTO epoch VALUES (0);
  `,
  `
  -- Texts that facet rows and grants hold by number.
  CREATE TABLE facet_value (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;

  -- What access is decided by, of the current version. patient: 0 in nobody's record, -1 in those of subject (seq 0).
  -- flags: 1 UNINFORMED, 2 UNDELIVERED, 4 several patients, 8 has needs. marks: ' p12 c7 ', letters as in facets.ts.
  CREATE TABLE facet (
    rid INTEGER PRIMARY KEY, type INTEGER NOT NULL, patient INTEGER NOT NULL, confidentiality INTEGER,
    flags INTEGER NOT NULL, source INTEGER, since ANY, until ANY, marks TEXT NOT NULL
  ) STRICT;
  CREATE INDEX facet_patient ON facet (patient, type);
  CREATE TABLE past_facet (
    rid INTEGER NOT NULL, seq INTEGER NOT NULL, type INTEGER NOT NULL, patient INTEGER NOT NULL,
    confidentiality INTEGER, flags INTEGER NOT NULL, source INTEGER, since ANY, until ANY, marks TEXT NOT NULL,
    PRIMARY KEY (rid, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE subject (
    rid INTEGER NOT NULL, seq INTEGER NOT NULL, patient INTEGER NOT NULL, PRIMARY KEY (rid, seq, patient)
  ) STRICT, WITHOUT ROWID;

  -- What stood before has no facets yet (interactions/backfill.ts).
  INSERT INTO record (collection, key, value) SELECT 'upgrade', 'facets', 'true' WHERE EXISTS (SELECT 1 FROM resource);

  -- One row: raised by every transaction after which anybody's access may be another.
  CREATE TABLE consent_epoch (value INTEGER NOT NULL) STRICT;
  INSERT INTO consent_epoch VALUES (0);

  -- What a resource cannot be shown without (seq 0: the current version).
  CREATE TABLE need (
    rid INTEGER NOT NULL, seq INTEGER NOT NULL, ref TEXT NOT NULL, PRIMARY KEY (rid, seq, ref)
  ) STRICT, WITHOUT ROWID;

  -- What resources put on record of a person (consent/standing.ts), and whom its rules name.
  CREATE TABLE standing (rid INTEGER PRIMARY KEY, patient INTEGER NOT NULL, item TEXT NOT NULL) STRICT;
  CREATE INDEX standing_patient ON standing (patient);
  CREATE TABLE standing_actor (ref TEXT NOT NULL, rid INTEGER NOT NULL, PRIMARY KEY (ref, rid)) STRICT, WITHOUT ROWID;
  CREATE INDEX standing_actor_rid ON standing_actor (rid);

  -- Who may have what: a grant for each person in whose record there is more than the default, by intervals of time (ms).
  -- ready = 1 once every person has been looked at. Residuals are shared; params: their constants, basis: the consents.
  CREATE TABLE grantee (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, ready INTEGER NOT NULL) STRICT;
  CREATE TABLE residual (id INTEGER PRIMARY KEY, shape TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE grantee_residual (
    grantee INTEGER NOT NULL, residual INTEGER NOT NULL, PRIMARY KEY (grantee, residual)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE grants (
    grantee INTEGER NOT NULL, patient INTEGER NOT NULL, since REAL NOT NULL, until REAL NOT NULL,
    residual INTEGER NOT NULL, params TEXT, basis TEXT, PRIMARY KEY (grantee, patient, since)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- The access log and the records of provision. Two chains, since the law has them kept for different times: each row's hash
  -- is SHA-256 of the hash before it and the row's bytes. seq has no gaps; mark = the first 48 bits of the row's id.
  CREATE TABLE audit (
    seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, mark INTEGER NOT NULL, row TEXT NOT NULL, hash BLOB NOT NULL
  ) STRICT;
  CREATE INDEX audit_mark ON audit (mark);
  CREATE TABLE provision (
    seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, mark INTEGER NOT NULL, row TEXT NOT NULL, hash BLOB NOT NULL
  ) STRICT;

  -- Whom a row is about and who acted: p + patient, a + subject, o + organisation.
  CREATE TABLE audit_key (key TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (key, seq)) STRICT, WITHOUT ROWID;
  CREATE TABLE provision_key (key TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (key, seq)) STRICT, WITHOUT ROWID;

  -- Where each chain ends: a row that is missing at the end is noticed.
  CREATE TABLE journal_head (chain TEXT PRIMARY KEY, seq INTEGER NOT NULL, hash BLOB NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO journal_head VALUES ('audit', 0, zeroblob(32)), ('provision', 0, zeroblob(32));

  CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'rows are only ever added'); END;
  CREATE TRIGGER audit_kept BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'rows are only ever added'); END;
  CREATE TRIGGER provision_unchanged BEFORE UPDATE ON provision BEGIN SELECT RAISE(ABORT, 'rows are only ever added'); END;
  CREATE TRIGGER provision_kept BEFORE DELETE ON provision BEGIN SELECT RAISE(ABORT, 'rows are only ever added'); END;
  `,
  `
  -- What one organisation holds: its own data needs nobody's consent.
  CREATE INDEX facet_source ON facet (source, type);
  -- Raised whenever grants are asked for in another way: a grantee is ready, has another residual, or is no more.
  ALTER TABLE consent_epoch ADD COLUMN shapes INTEGER NOT NULL DEFAULT 0;
  `,
]

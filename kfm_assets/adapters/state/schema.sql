-- Append-only: documents, verdicts, journal. One row each, swapped: pointers. Replaced: the rest.
CREATE TABLE documents (digest TEXT PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID;

CREATE TABLE pointers (dataset TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE journal (
  txn TEXT PRIMARY KEY,
  dataset TEXT NOT NULL,
  intent TEXT NOT NULL,
  mark TEXT NOT NULL,
  marked_at TEXT NOT NULL
);
CREATE INDEX journal_unfinished ON journal (mark) WHERE mark = 'INTENT';
CREATE INDEX journal_dataset ON journal (dataset);

CREATE TABLE verdicts (
  number INTEGER PRIMARY KEY,
  subject TEXT NOT NULL,
  verdict TEXT NOT NULL
);
CREATE INDEX verdicts_subject ON verdicts (subject);

CREATE TABLE releases (
  release TEXT PRIMARY KEY,
  dataset TEXT NOT NULL,
  version INTEGER NOT NULL,
  at TEXT NOT NULL,
  receipt TEXT NOT NULL,
  manifest TEXT NOT NULL,
  content TEXT NOT NULL,
  UNIQUE (dataset, version)
);

CREATE TABLE intakes (dataset TEXT, partition TEXT, content TEXT NOT NULL, PRIMARY KEY (dataset, partition));
CREATE TABLE pending (dataset TEXT, partition TEXT, content TEXT NOT NULL, PRIMARY KEY (dataset, partition));

CREATE TABLE notes (
  number INTEGER PRIMARY KEY,
  run TEXT NOT NULL,
  dataset TEXT NOT NULL,
  partition TEXT NOT NULL,
  facts TEXT NOT NULL,
  UNIQUE (run, dataset, partition)
);

CREATE TABLE incidents (number INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, dataset TEXT NOT NULL, content TEXT NOT NULL);

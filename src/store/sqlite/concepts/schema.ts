// One code system in a file of its own: written once, then only read. https://hl7.org/fhir/R4/codesystem.html

/** Tables that are filled; positions count the concepts in the order in which they came. */
export const TABLES = `
  CREATE TABLE concept (
    pos INTEGER PRIMARY KEY, code TEXT NOT NULL, display TEXT, definition TEXT, inactive INTEGER NOT NULL, abstract INTEGER NOT NULL,
    designations TEXT, properties TEXT,
    -- below: how many lie beneath it, itself included, where there are any. folded: the code in lower case, where case makes no difference.
    below INTEGER NOT NULL DEFAULT 0, folded TEXT
  ) STRICT;
  -- Every concept with every one above it and itself.
  CREATE TABLE closure (above INTEGER NOT NULL, pos INTEGER NOT NULL, PRIMARY KEY (above, pos)) STRICT, WITHOUT ROWID;
  CREATE TABLE parent (pos INTEGER NOT NULL, parent INTEGER NOT NULL, PRIMARY KEY (pos, parent)) STRICT, WITHOUT ROWID;
  CREATE TABLE property (name TEXT NOT NULL, value TEXT NOT NULL, pos INTEGER NOT NULL, PRIMARY KEY (name, value, pos)) STRICT, WITHOUT ROWID;
  -- Pairs of neighbouring characters of the folded texts: a word is found as any part of a text, whatever the script.
  CREATE VIRTUAL TABLE words USING fts5(pairs, content='', tokenize='ascii', columnsize=0, prefix='4');
  CREATE TABLE meta (head TEXT NOT NULL) STRICT;
`

/** Made when everything is in. */
export const INDEXES = `
  CREATE UNIQUE INDEX concept_code ON concept (code);
  CREATE INDEX concept_folded ON concept (folded) WHERE folded IS NOT NULL;
  CREATE INDEX closure_pos ON closure (pos, above);
  CREATE INDEX parent_parent ON parent (parent, pos);
  ANALYZE;
`

/** Returns the tokens of a folded text: each two neighbouring characters as eight letters and digits, each text apart from the next. */
export function toPairs(texts: readonly string[]): string {
  return texts.map(pairsOf).join(' 0 ')
}

function pairsOf(text: string): string {
  const tokens: string[] = []
  for (let at = 0; at < text.length; at++)
    tokens.push(encode(text, at) + (at + 1 < text.length ? encode(text, at + 1) : '0000'))
  return tokens.join(' ')
}

function encode(text: string, at: number): string {
  return text.charCodeAt(at).toString(36).padStart(4, '0')
}

/** Returns the query that finds texts with all words, each word as it is within some text. */
export function toQuery(words: readonly string[]): string {
  return words
    .map((word) => {
      if (word.length === 1) return `"${encode(word, 0)}" *`
      const tokens = [...Array(word.length - 1).keys()].map((at) => encode(word, at) + encode(word, at + 1))
      return `"${tokens.join(' ')}"`
    })
    .join(' AND ')
}

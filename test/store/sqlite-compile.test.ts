// The SQL that expressions become, word for word: a change of it is a decision, and shows here.
import t from 'tap'
import { and, type Expr, equals, not, or, present, startsWith } from '../../src/search/query.ts'
import { compileExpr } from '../../src/store/sqlite/compile.ts'
import { type Connection, openConnection } from '../../src/store/sqlite/connection.ts'
import { migrate } from '../../src/store/sqlite/migrate.ts'
import { currentPlace, pastPlace } from '../../src/store/sqlite/place.ts'
import { raw } from '../../src/store/sqlite/sql.ts'

let connection: Connection

t.before(() => {
  connection = openConnection(`${t.testdir()}/store.db`)
  migrate(connection)
  for (const name of ['Patient', 'Observation']) connection.run('INSERT INTO type (name) VALUES (?)', [name])
  for (const code of ['code', 'date', 'subject', '_compartment'])
    connection.run('INSERT INTO param (name) VALUES (?)', [`Observation.${code}`])
  connection.run('INSERT INTO param (name) VALUES (?)', ['Patient.name'])
})
t.after(() => connection.close())

const BY_RID = 'FROM entry e1 INDEXED BY entry_rid WHERE e1.rid = r.rid AND e1.param = ?'
const BY_VALUE = 'FROM entry e1 INDEXED BY sqlite_autoindex_entry_1 WHERE e1.rid = r.rid AND e1.param = ?'
const smith = { type: 'Patient', where: startsWith('name', 'smith') }

interface Row {
  readonly rule: string
  readonly expr: Expr
  readonly text: string
  readonly params: readonly unknown[]
}

const rows: readonly Row[] = [
  {
    rule: 'one value is looked up by the value',
    expr: equals('code', 'a\u0001s'),
    text: `+EXISTS (SELECT 1 ${BY_VALUE} AND e1.lo = ?)`,
    params: [1, 'a\u0001s'],
  },
  {
    rule: 'a list of values is one look-up, of one text whatever its length',
    expr: or(equals('code', 'a'), equals('code', 'b'), equals('code', 'c')),
    text: `+EXISTS (SELECT 1 ${BY_VALUE} AND e1.lo IN (SELECT value FROM json_each(?)))`,
    params: [1, '["a","b","c"]'],
  },
  {
    rule: 'a prefix is a range',
    expr: startsWith('code', 'a'),
    text: `+EXISTS (SELECT 1 ${BY_RID} AND (e1.lo >= ? AND e1.lo < ?))`,
    params: [1, 'a', 'a\u{10FFFF}'],
  },
  {
    rule: 'both ends of an interval are asked of the same entry',
    expr: { kind: 'match', param: 'date', lo: { min: 1 }, hi: { max: 2 } },
    text: `+EXISTS (SELECT 1 ${BY_RID} AND (e1.lo >= ? AND e1.hi <= ?))`,
    params: [2, 1, 2],
  },
  {
    rule: 'alternatives on one parameter are one look-up',
    expr: or(
      { kind: 'match', param: 'date', hi: { min: 2, minOpen: true } },
      { kind: 'match', param: 'date', lo: { min: 1 }, hi: { max: 2 } },
    ),
    text: `+EXISTS (SELECT 1 ${BY_RID} AND (e1.hi > ? OR (e1.lo >= ? AND e1.hi <= ?)))`,
    params: [2, 2, 1, 2],
  },
  {
    rule: 'a text within is asked of texts alone',
    expr: { kind: 'match', param: 'code', contains: '\u0001s' },
    text: `+EXISTS (SELECT 1 ${BY_RID} AND (typeof(e1.lo) = 'text' AND instr(e1.lo, ?) > 0))`,
    params: [1, '\u0001s'],
  },
  {
    rule: 'so is the end of a text',
    expr: { kind: 'match', param: 'code', endsWith: '\u0001s' },
    text: `+EXISTS (SELECT 1 ${BY_RID} AND (typeof(e1.lo) = 'text' AND substr(e1.lo, -length(?)) = ?))`,
    params: [1, '\u0001s', '\u0001s'],
  },
  {
    rule: 'a compartment is a value of its own parameter',
    expr: { kind: 'compartment', name: 'Patient', id: 'p' },
    text: `+EXISTS (SELECT 1 ${BY_VALUE} AND e1.lo = ?)`,
    params: [4, 'Patient/p'],
  },
  {
    rule: 'an id is answered from the ref',
    expr: equals('_id', 'x'),
    text: 'r.ref = ?',
    params: ['Observation/x'],
  },
  {
    rule: 'a negation holds where nothing is indexed',
    expr: not(present('code')),
    text: `NOT +EXISTS (SELECT 1 ${BY_RID} AND 1)`,
    params: [1],
  },
  {
    rule: 'a parameter that nothing was ever indexed by matches nothing',
    expr: or(equals('unknown', 'x'), and(equals('code', 'a'), equals('unknown', 'x'))),
    text: '?',
    params: [0],
  },
  {
    rule: 'a chain asks the target that is current',
    expr: { kind: 'chain', param: 'subject', to: [smith] },
    text: `+EXISTS (SELECT 1 ${BY_RID} AND +EXISTS (SELECT 1 FROM resource t1 WHERE t1.ref = e1.lo AND t1.deleted = 0 AND (t1.type = ? AND +EXISTS (SELECT 1 FROM entry e2 INDEXED BY entry_rid WHERE e2.rid = t1.rid AND e2.param = ? AND (e2.lo >= ? AND e2.lo < ?)))))`,
    params: [3, 1, 5, 'smith', 'smith\u{10FFFF}'],
  },
]

for (const { rule, expr, text, params } of rows)
  t.test(rule, async (t) => {
    const compiled = compileExpr(connection, expr, 'Observation', currentPlace('r'))
    t.equal(compiled.text, text)
    t.strictSame(compiled.params, params)
    connection.all(`SELECT r.rid FROM resource r WHERE ${compiled.text}`, compiled.params)
  })

t.test('`_has` asks the referrers by their reference', async (t) => {
  const from = { type: 'Observation', where: equals('code', 'a') }
  const compiled = compileExpr(
    connection,
    { kind: 'has', param: 'subject', from },
    'Patient',
    currentPlace('r'),
  )
  t.equal(
    compiled.text,
    '+EXISTS (SELECT 1 FROM entry h1 WHERE h1.param = ? AND h1.lo = r.ref AND +EXISTS (SELECT 1 FROM resource t1 WHERE t1.rid = h1.rid AND +EXISTS (SELECT 1 FROM entry e2 INDEXED BY sqlite_autoindex_entry_1 WHERE e2.rid = t1.rid AND e2.param = ? AND e2.lo = ?)))',
  )
  t.strictSame(compiled.params, [3, 1, 'a'])
})

t.test('an older version is asked of the entries it had', async (t) => {
  const compiled = compileExpr(connection, equals('code', 'a'), 'Observation', pastPlace('r', raw('v.prior')))
  t.equal(
    compiled.text,
    '+EXISTS (SELECT 1 FROM past_entry e1 WHERE e1.rid = r.rid AND e1.seq = v.prior AND e1.param = ? AND e1.lo = ?)',
  )
})

t.test('thousands of alternatives stay within the depth that SQLite reads', async (t) => {
  const parts = Array.from({ length: 5000 }, (_, n) => startsWith('code', String(n)))
  const compiled = compileExpr(connection, or(...parts), 'Observation', currentPlace('r'))
  t.strictSame(connection.all(`SELECT r.rid FROM resource r WHERE ${compiled.text}`, compiled.params), [])
})

// Conditions of a policy are kept, and never longer than what they were made from.
import t, { type Test } from 'tap'
import { CONFIDENTIALITY_PARAM, SENSITIVITY_PARAM, SOURCE_PARAM } from '../../src/consent/facet-params.ts'
import { and, type Expr, equals, not, or, present } from '../../src/search/query.ts'
import { compileExpr } from '../../src/store/sqlite/compile.ts'
import { openConnection } from '../../src/store/sqlite/connection.ts'
import { migrate } from '../../src/store/sqlite/migrate.ts'
import { currentPlace } from '../../src/store/sqlite/place.ts'

const notPsy = and(present(CONFIDENTIALITY_PARAM), not(equals(SENSITIVITY_PARAM, 'PSY')))
const first = or(notPsy, equals(SOURCE_PARAM, 'Organization/1'))
const second = or(notPsy, present(SOURCE_PARAM))

function open(test: Test) {
  const connection = openConnection(`${test.testdir()}/store.db`)
  migrate(connection)
  test.teardown(() => connection.close())
  const compile = (expr: Expr) => compileExpr(connection, expr, 'Observation', currentPlace('r')).text
  return { connection, compile }
}

t.test('a label that nobody had is asked for once somebody has it, also by what shares a part', async (t) => {
  const { connection, compile } = open(t)
  for (const expr of [first, second]) t.notMatch(compile(expr), 'instr(f1.marks')
  connection.run('INSERT INTO facet_value (text) VALUES (?)', ['PSY'])
  for (const expr of [second, first]) t.match(compile(expr), 'instr(f1.marks')
})

t.test('what knows every name is the same one until grants are asked for in another way', async (t) => {
  const { connection } = open(t)
  connection.run('INSERT INTO facet_value (text) VALUES (?)', ['PSY'])
  const at = { ...currentPlace('r'), facet: 'f1' }
  const compile = () => compileExpr(connection, second, 'Observation', at)
  const before = compile()
  connection.run('INSERT INTO facet_value (text) VALUES (?)', ['HIV'])
  connection.run('UPDATE consent_epoch SET value = value + 1', [])
  t.equal(compile(), before)
  connection.run('UPDATE consent_epoch SET shapes = shapes + 1', [])
  t.not(compile(), before)
})

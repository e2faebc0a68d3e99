// Code systems in the store: the contract, loads that are whole or nothing, versions, many concepts. https://hl7.org/fhir/R4/codesystem.html
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { ConceptRow } from '../../src/fhir/code-system.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { createSource } from '../../src/fhir/terminology/source.ts'
import { openStore } from '../../src/store/open.ts'
import { openFolder } from '../support/server.ts'
import { codeSystemContract } from './code-systems-contract.ts'

const HEAD = {
  url: 'http://a.b/c',
  version: '1',
  caseSensitive: true,
  content: 'complete',
  properties: [],
} as const

const row = (code: string, more: Partial<ConceptRow> = {}): ConceptRow => ({
  code,
  designations: [],
  properties: [],
  parents: [],
  inactive: false,
  abstract: false,
  ...more,
})

t.test('in the store', async (t) => {
  const store = await openStore(`sqlite:${openFolder(t)}`)
  t.teardown(() => store.close())
  await codeSystemContract(t, async (head, rows) => {
    t.equal(await store.codeSystems.load(head, rows), rows.length)
    return (await store.codeSystems.find(head.url))!
  })
})

t.test('in memory', async (t) => {
  await codeSystemContract(t, async (head, rows) => {
    const concept = rows.map(({ parents, properties, inactive, abstract, ...rest }) => ({
      ...rest,
      property: [
        ...properties.map(({ code, value }) => ({ code, valueString: value })),
        ...parents.map((parent) => ({ code: 'parent', valueCode: parent })),
        ...(inactive ? [{ code: 'inactive', valueBoolean: true }] : []),
        ...(abstract ? [{ code: 'notSelectable', valueBoolean: true }] : []),
      ],
      designation: rest.designations,
    }))
    return createSource({ resourceType: 'CodeSystem', ...head, concept } as unknown as Resource)
  })
})

t.test('a load is whole or nothing; a version replaces itself and stands beside others', async (t) => {
  const folder = openFolder(t)
  const store = await openStore(`sqlite:${folder}`)
  t.teardown(() => store.close())
  const { codeSystems } = store
  const files = () => readdirSync(join(folder, 'terminology'))
  await codeSystems.load(HEAD, [row('a'), row('b')])
  for (const [rows, says] of [
    [[row('c'), row('c')], /comes twice/],
    [[row('c', { parents: ['d'] })], /never comes/],
    [[row('c', { parents: ['d'] }), row('d', { parents: ['c'] })], /above itself/],
    [[row(' c')], /spaces/],
    [[], /not one code/],
  ] as const)
    await t.rejects(codeSystems.load(HEAD, rows), says)
  t.equal((await codeSystems.find(HEAD.url))?.count, 2, 'the old one stands')
  t.equal(files().length, 1)
  async function* broken() {
    yield row('c')
    throw new Error('the file ends')
  }
  await t.rejects(codeSystems.load(HEAD, broken()), /the file ends/)
  t.equal(files().length, 1)
  await codeSystems.load({ ...HEAD, version: '1.10' }, [row('c')])
  await codeSystems.load({ ...HEAD, version: '1.9' }, [row('d')])
  t.ok(await (await codeSystems.find(HEAD.url))?.concept('c'), 'the newest')
  t.ok(await (await codeSystems.find(`${HEAD.url}|1.9`))?.concept('d'))
  await codeSystems.load(HEAD, [row('e')])
  t.ok(await (await codeSystems.find(`${HEAD.url}|1`))?.concept('c'), 'the newest of those that begin so')
  t.equal((await codeSystems.list()).length, 3)
  t.equal(files().length, 3)
  t.ok(await codeSystems.remove(HEAD.url, '1.10'))
  t.notOk(await codeSystems.remove(HEAD.url, '1.10'))
  t.equal(files().length, 2)
  writeFileSync(join(folder, 'terminology', 'left.db.part'), 'cut off')
  await codeSystems.load(HEAD, [row('f')])
  t.notOk(
    files().some((name) => name.endsWith('.part')),
    'what a load that was killed left behind is swept',
  )
})

t.test('another process sees it, and codes may be found in any case', async (t) => {
  const address = `sqlite:${openFolder(t)}`
  const [one, other] = [await openStore(address), await openStore(address)]
  t.teardown(() => Promise.all([one.close(), other.close()]))
  t.equal(await other.codeSystems.find(HEAD.url), undefined)
  await one.codeSystems.load({ ...HEAD, caseSensitive: false }, [row('Abc')])
  await new Promise((resolve) => setTimeout(resolve, 300))
  t.equal((await (await other.codeSystems.find(HEAD.url))?.concept('aBC'))?.code, 'Abc')
})

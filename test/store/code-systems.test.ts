// Code systems in the store: the contract, loads that are whole or nothing, versions, many concepts. https://hl7.org/fhir/R4/codesystem.html
import { readdirSync, utimesSync, writeFileSync } from 'node:fs'
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
    [[row('c  d')], /two in a row/],
    [[row('c\u0000')], /control/],
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
  const left = ['left.db.part', 'left.db.part-journal', 'unnamed.db']
  for (const name of left) {
    writeFileSync(join(folder, 'terminology', name), 'cut off')
    utimesSync(join(folder, 'terminology', name), 0, 0)
  }
  writeFileSync(join(folder, 'terminology', 'being-written.db.part'), 'of another process')
  await codeSystems.load(HEAD, [row('f')])
  t.same(
    files().filter((name) => left.includes(name)),
    [],
    'what a load that was killed left behind is swept',
  )
  t.ok(files().includes('being-written.db.part'), 'and not what is being written')
})

t.test('two loads at once, of two systems or of the same, disturb neither', async (t) => {
  const folder = openFolder(t)
  const store = await openStore(`sqlite:${folder}`)
  t.teardown(() => store.close())
  async function* slowly(code: string) {
    for (const n of [1, 2, 3]) {
      yield row(`${code}${n}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  const other = { ...HEAD, url: 'http://a.b/d' }
  const loads = [store.codeSystems.load(HEAD, slowly('a')), store.codeSystems.load(other, slowly('b'))]
  t.same(await Promise.all([...loads, store.codeSystems.load(HEAD, slowly('c'))]), [3, 3, 3])
  t.ok(await (await store.codeSystems.find(other.url))?.concept('b1'))
  const last = (await store.codeSystems.find(HEAD.url))!
  t.equal(await last.total({ filters: [] }), 3, 'one of the two, whole')
})

t.test('who reads a system while it is replaced or removed reads the old one to the end', async (t) => {
  const store = await openStore(`sqlite:${openFolder(t)}`)
  t.teardown(() => store.close())
  const { codeSystems } = store
  await codeSystems.load(
    HEAD,
    Array.from({ length: 5000 }, (_, n) => row(`a${n}`)),
  )
  const old = (await codeSystems.find(HEAD.url))!
  const scanning = old.total({ filters: [{ property: 'code', op: 'regex', value: 'a.*' }] })
  await codeSystems.load(HEAD, [row('b')])
  t.equal(await scanning, 5000)
  t.ok(await old.concept('a4999'))
  t.equal((await codeSystems.find(HEAD.url))?.count, 1)
  const held = (await codeSystems.find(HEAD.url))!
  await codeSystems.remove(HEAD.url, '1')
  t.ok(await held.concept('b'))
  t.equal(await codeSystems.find(HEAD.url), undefined)
})

t.test('one that another process replaces is never asked for in a file that is gone', async (t) => {
  const address = `sqlite:${openFolder(t)}`
  const [one, other] = [await openStore(address), await openStore(address)]
  t.teardown(() => Promise.all([one.close(), other.close()]))
  await one.codeSystems.load(HEAD, [row('a')])
  t.equal((await other.codeSystems.list()).length, 1, 'known, and not open yet')
  await one.codeSystems.load(HEAD, [row('b')])
  t.ok(await (await other.codeSystems.find(HEAD.url))?.concept('b'))
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

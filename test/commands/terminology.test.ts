// musubi terminology: each format of file, and what is wrong with one. https://hl7.org/fhir/R4/codesystem.html
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { readConcepts } from '../../src/commands/terminology/read.ts'
import type { ConceptRow } from '../../src/fhir/code-system.ts'
import { openStore } from '../../src/store/open.ts'
import { openFolder } from '../support/server.ts'

const folder = openFolder(t)
const write = (name: string, content: string | Uint8Array) => {
  const file = join(folder, name)
  writeFileSync(file, content)
  return file
}
const read = async (...args: Parameters<typeof readConcepts>) => {
  const { head, concepts } = await readConcepts(...args)
  const rows: ConceptRow[] = []
  for await (const row of concepts) rows.push(row)
  return { head, rows }
}

t.test('a table by its columns, quoted and with line ends in a field', async (t) => {
  const file = write(
    'a.csv',
    'Code,Name,Up,Note,Gone,日本語\r\na,"A, the first",,"two\nlines",,い\r\nb,B,a,,yes,\r\n',
  )
  const { head, rows } = await read(file, {
    url: 'http://a.b/c',
    version: '2',
    code: 'code',
    display: 'name',
    parent: 'up',
    definition: '4',
    inactive: 'gone=yes',
    designation: ['ja=日本語'],
    property: ['note=Note'],
  })
  t.match(head, { url: 'http://a.b/c', version: '2', caseSensitive: true })
  t.match(rows, [
    {
      code: 'a',
      display: 'A, the first',
      definition: 'two\nlines',
      parents: [],
      inactive: false,
      designations: [{ language: 'ja', value: 'い' }],
    },
    { code: 'b', parents: ['a'], inactive: true, properties: [], designations: [] },
  ])
})

t.test('tabs, gzip, and no header', async (t) => {
  const { rows } = await read(write('a.tsv.gz', gzipSync('a\tA\nb\tB\n')), {
    url: 'http://a.b',
    code: '1',
    display: '2',
    'no-header': true,
  })
  t.same(
    rows.map(({ code, display }) => [code, display]),
    [
      ['a', 'A'],
      ['b', 'B'],
    ],
  )
})

t.test('LOINC', async (t) => {
  const header =
    '"LOINC_NUM","COMPONENT","PROPERTY","TIME_ASPCT","SYSTEM","SCALE_TYP","METHOD_TYP","CLASS","STATUS","LONG_COMMON_NAME"'
  const { head, rows } = await read(
    write(
      'Loinc.csv',
      `${header}\n"1-8","Acyclovir","Susc","Pt","Isolate","OrdQn",,"ABXBACT","ACTIVE","Acyclovir"\n"2-6","x","Susc","Pt","y","Qn",,"ABX","DEPRECATED","Old"\n`,
    ),
    {
      format: 'loinc',
      version: '2.80',
    },
  )
  t.match(head, { url: 'http://loinc.org', version: '2.80', caseSensitive: false })
  t.match(rows, [
    { code: '1-8', inactive: false },
    { code: '2-6', inactive: true },
  ])
  t.ok(rows[0]?.properties.some(({ code, value }) => code === 'SCALE_TYP' && value === 'OrdQn'))
})

/** Returns text as Shift_JIS: what the platform can only decode is looked up the other way round. */
function toShiftJis(text: string): Buffer {
  const decoder = new TextDecoder('shift_jis')
  const bytes = new Map<string, readonly number[]>()
  for (let lead = 0x81; lead <= 0xfc; lead++)
    for (let trail = 0x40; trail <= 0xfc; trail++) {
      const character = decoder.decode(Uint8Array.of(lead, trail))
      if (character.length === 1 && !bytes.has(character)) bytes.set(character, [lead, trail])
    }
  return Buffer.from(
    [...text].flatMap((each) => (each.charCodeAt(0) < 0x80 ? [each.charCodeAt(0)] : (bytes.get(each) ?? []))),
  )
}

const HOT = toShiftJis(
  [
    '基準番号（ＨＯＴコード）,処方用番号（ＨＯＴ７）,個別医薬品コード,レセプト電算処理システムコード（１）,販売名,規格単位,製造会社',
    '1000000010101,1000000,1124007F1020,610406004,ハルシオン錠,１ｍｇ１錠,甲製薬',
    '1000000010102,1000000,1124007F1020,610406004,ハルシオン錠,１ｍｇ１錠,甲製薬',
    '',
  ].join('\r\n'),
)

t.test('the HOT master in Shift_JIS, by package and by YJ code', async (t) => {
  const file = write('hot.csv', HOT)
  t.same(
    (await read(file, { format: 'hot13' })).rows.map(({ code, display }) => [code, display]),
    [
      ['1000000010101', 'ハルシオン錠'],
      ['1000000010102', 'ハルシオン錠'],
    ],
  )
  const { head, rows } = await read(file, { format: 'yj' })
  t.equal(head.url, 'http://capstandard.jp/iyaku.info/CodeSystem/YJ-code')
  t.same(
    rows.map(({ code }) => code),
    ['1124007F1020'],
    'one drug, though it comes in two packages',
  )
  t.same(
    (await read(file, { format: 'hot9' })).rows.map(({ code }) => code),
    ['100000001'],
    'the first nine digits',
  )
  t.same(
    (await read(file, { format: 'hot7' })).rows.map(({ code }) => code),
    ['1000000'],
  )
})

t.test('a drug without the code that is asked for is passed over', async (t) => {
  const second = toShiftJis('1000000010202,1000001,,610406005,乙錠,１ｍｇ１錠,甲製薬\r\n')
  const file = write('hot-blank.csv', Buffer.concat([HOT, second]))
  t.same(
    (await read(file, { format: 'yj' })).rows.map(({ code }) => code),
    ['1124007F1020'],
  )
  t.equal((await read(file, { format: 'hot13' })).rows.length, 3)
})

t.test('each row at fault is told with its line, and more than twenty are counted', async (t) => {
  const rows = ['code,name', 'a,A', 'b', ',C', 'd,D,more', 'e,E,', '"f\ng",F', 'h,H\u0007']
  const file = write('faults.csv', `${rows.join('\n')}\n${',x\n'.repeat(30)}`)
  const options = { url: 'http://a.b', code: 'code', display: 'name' }
  const told = await read(file, options).then(
    () => [],
    (error: Error) => error.message.split('\n'),
  )
  t.same(told.slice(0, 4), [
    'Line 3 has 1 fields and not 2',
    'Line 4 has no code',
    'Line 5 has 3 fields and not 2',
    'Line 9 holds control characters',
  ])
  t.equal(told.at(-1), 'and 14 rows more')
  t.equal(told.length, 21)
})

t.test('a FHIR CodeSystem', async (t) => {
  const system = {
    resourceType: 'CodeSystem',
    url: 'http://a.b/c',
    status: 'active',
    content: 'complete',
    concept: [{ code: 'a', concept: [{ code: 'b' }] }],
  }
  const { head, rows } = await read(write('c.json', JSON.stringify(system)), {})
  t.equal(head.url, 'http://a.b/c')
  t.match(rows, [{ code: 'a' }, { code: 'b', parents: ['a'] }])
})

const LOINC_HEADER =
  'LOINC_NUM,COMPONENT,PROPERTY,TIME_ASPCT,SYSTEM,SCALE_TYP,METHOD_TYP,CLASS,STATUS,LONG_COMMON_NAME'

/** What is wrong, the file, the options, and what is said. */
const WRONG: readonly (readonly [string, string, string, Parameters<typeof readConcepts>[1], RegExp])[] = [
  ['no url', 'w.csv', 'code\na\n', { code: 'code' }, /needs --url/],
  ['no column for the code', 'w.csv', 'code\na\n', { url: 'http://a' }, /needs --code/],
  [
    'a column that is not there',
    'w.csv',
    'code\na\n',
    { url: 'http://a', code: 'kode' },
    /no column kode; it has code/,
  ],
  ['a format that is not known', 'w.csv', 'code\na\n', { format: 'snomed' }, /--format must be one of loinc/],
  [
    'a row without code',
    'w.csv',
    'code,x\na,1\n,2\n',
    { url: 'http://a', code: 'code' },
    /Line 3 has no code/,
  ],
  ['a quote that is not closed', 'w.csv', 'code\n"a\n', { url: 'http://a', code: 'code' }, /cannot be read/],
  [
    'an encoding that it is not',
    'w.csv',
    'code\n\u00ff\u00fe\u0081',
    { url: 'http://a', code: 'code', encoding: 'shift_jis' },
    /not shift_jis|has no code/,
  ],
  [
    'an encoding that nobody knows',
    'w.csv',
    'code\na',
    { url: 'http://a', code: 'code', encoding: 'morse' },
    /morse is not known/,
  ],
  [
    'a LOINC table that is none',
    'w.csv',
    `${LOINC_HEADER}\nA1,a,b,c,d,e,f,g,ACTIVE,h\n`,
    { format: 'loinc' },
    /Line 2 has "A1" where a code should be/,
  ],
  ['a url that is none', 'w.csv', 'code\na\n', { url: 'not a url', code: 'code' }, /no url/],
  ['a version in the url', 'w.csv', 'code\na\n', { url: 'http://a|2', code: 'code' }, /by --version/],
  ['a name that says nothing', 'w.dat', 'code\na\n', { url: 'http://a', code: 'code' }, /must end in/],
  ['gzip that is none', 'w.csv.gz', 'code\na\n', { url: 'http://a', code: 'code' }, /no whole gzip/],
  ['gzip that is none', 'w.json.gz', '{}', {}, /no whole gzip/],
  ['JSON that is cut off', 'w.json', '{"resourceType":', {}, /JSON/],
  ['JSON that is null', 'w.json', 'null', {}, /no CodeSystem/],
  ...(
    [
      ['a code twice', '[{"code":"a","concept":[{"code":"a"}]}]', /"a" comes twice.*\[0\]\.concept\[0\]/],
      ['a concept without a code', '[{"code":"a"},{"display":"b"}]', /concept\[1\] has no code/],
      ['concepts that are no list', '"a"', /is no list/],
    ] as const
  ).map(
    ([name, concept, says]) =>
      [
        name,
        'w.json',
        `{"resourceType":"CodeSystem","url":"http://a","content":"complete","concept":${concept}}`,
        {},
        says,
      ] as const,
  ),
  ['a JSON file of another kind', 'w.json', '{"resourceType":"ValueSet"}', {}, /no CodeSystem/],
  [
    'a CodeSystem without codes',
    'w.json',
    '{"resourceType":"CodeSystem","url":"http://a","content":"not-present"}',
    {},
    /not-present/,
  ],
]

t.test('what is wrong is told', async (t) => {
  for (const [name, file, content, options, says] of WRONG) {
    const path = write(file, Buffer.from(content, file.endsWith('json') ? 'utf8' : 'latin1'))
    await t.rejects(read(path, options), says, name)
  }
  await t.rejects(read(join(folder, 'none.csv'), {}), /no such file/)
  const whole = gzipSync(`code\n${Array.from({ length: 9999 }, (_, n) => n).join('\n')}`)
  const cut = write('cut.csv.gz', whole.subarray(0, whole.length >> 1))
  await t.rejects(read(cut, { url: 'http://a', code: 'code' }), /no whole gzip/)
})

t.test('a row that the store refuses is told with its line, and the old content stands', async (t) => {
  const environment = { ...process.env, MUSUBI_STORE: `sqlite:${join(folder, 'lines')}` }
  const main = join(import.meta.dirname, '../../src/main.ts')
  const options = ['--url', 'http://a.b/c', '--code', 'code']
  const load = (text: string) =>
    promisify(execFile)(process.execPath, [main, 'terminology', 'import', write('l.csv', text), ...options], {
      env: environment,
    })
  await load('code\na\nb\n')
  await t.rejects(load('code\na\nb\na\n'), { code: 1, stderr: /^Line 4: The code "a" comes twice/ })
  const { stdout } = await promisify(execFile)(process.execPath, [main, 'terminology', 'list'], {
    env: environment,
  })
  t.match(stdout, '2 concepts')
})

t.test('an import that is killed leaves what stood, and can be run again', async (t) => {
  const store = join(folder, 'killed')
  const environment = { ...process.env, MUSUBI_STORE: `sqlite:${store}` }
  const main = join(import.meta.dirname, '../../src/main.ts')
  const toArgs = (file: string) => [
    main,
    'terminology',
    'import',
    file,
    '--url',
    'http://a.b/c',
    '--code',
    '1',
    '--no-header',
  ]
  const small = write('small.csv', 'a\nb\n')
  await promisify(execFile)(process.execPath, toArgs(small), { env: environment })
  const large = write('large.csv', Array.from({ length: 100_000 }, (_, n) => `c${n}\n`).join(''))
  const child = spawn(process.execPath, toArgs(large), {
    env: { PATH: process.env['PATH'], MUSUBI_STORE: `sqlite:${store}` },
  })
  const parts = () => readdirSync(join(store, 'terminology')).filter((name) => name.endsWith('.part'))
  while (child.exitCode === null && parts().length === 0)
    await new Promise((resolve) => setTimeout(resolve, 5))
  child.kill('SIGKILL')
  await once(child, 'exit')
  t.equal(parts().length, 1, 'it was at work')
  const opened = await openStore(`sqlite:${store}`)
  t.teardown(() => opened.close())
  t.equal((await opened.codeSystems.find('http://a.b/c'))?.count, 2)
  const { head, concepts } = await readConcepts(small, { url: 'http://a.b/c', code: '1', 'no-header': true })
  t.equal(await opened.codeSystems.load(head, concepts), 2)
})

t.test('the command imports, lists and removes', async (t) => {
  const main = join(import.meta.dirname, '../../src/main.ts')
  const env = { ...process.env, MUSUBI_STORE: `sqlite:${join(folder, 'store')}` }
  const musubi = async (...args: readonly string[]) => {
    try {
      return {
        code: 0,
        ...(await promisify(execFile)(process.execPath, [main, 'terminology', ...args], { env })),
      }
    } catch (error) {
      return error as { code: number; stdout: string; stderr: string }
    }
  }
  const file = write('fruit.csv', 'code,name\na,A\nb,B\n')
  t.match(
    (
      await musubi(
        'import',
        file,
        '--url',
        'http://a.b/fruit',
        '--version',
        '1',
        '--code',
        'code',
        '--display',
        'name',
      )
    ).stdout,
    /http:\/\/a\.b\/fruit\|1: 2 concepts/,
  )
  t.match((await musubi('list')).stdout, 'http://a.b/fruit|1\t2 concepts')
  t.equal((await musubi('import', file)).code, 2)
  t.equal((await musubi('remove', 'http://a.b/fruit|2')).code, 1)
  t.equal((await musubi('remove', 'http://a.b/fruit|1')).code, 0)
  t.equal((await musubi('list')).stdout, '')
})

// The terminology operations by their parameters: each present, absent, repeated and wrong (V27). https://hl7.org/fhir/R4/terminology-service.html
import t from 'tap'
import { openServer } from '../support/server.ts'

const GENDER = 'http://hl7.org/fhir/administrative-gender'
const GENDERS = 'http://hl7.org/fhir/ValueSet/administrative-gender'
const ACT = 'http://terminology.hl7.org/CodeSystem/v3-ActCode'

/** A code system with Japanese names, a hierarchy, and properties of each kind. */
const FRUIT = {
  resourceType: 'CodeSystem',
  url: 'http://a.b/fruit',
  version: '1',
  name: 'Fruit',
  status: 'active',
  content: 'complete',
  caseSensitive: true,
  property: [{ code: 'colour', type: 'string' }],
  concept: [
    {
      code: 'fruit',
      display: 'Fruit',
      designation: [{ language: 'ja', value: '果物' }],
      property: [{ code: 'notSelectable', valueBoolean: true }],
      concept: [
        {
          code: 'apple',
          display: 'Apple',
          definition: 'Of the apple tree',
          designation: [{ language: 'ja', value: 'リンゴ' }],
          property: [{ code: 'colour', valueString: 'red' }],
          concept: [
            { code: 'fuji', display: 'Fuji apple', designation: [{ language: 'ja-JP', value: 'ふじ' }] },
          ],
        },
        { code: 'pear', display: 'Pear', property: [{ code: 'colour', valueString: 'green' }] },
        { code: 'medlar', display: 'Medlar', property: [{ code: 'status', valueCode: 'retired' }] },
      ],
    },
  ],
}

const include = (more: object) => ({
  resourceType: 'ValueSet',
  status: 'active',
  compose: { include: [{ system: FRUIT.url, ...more }] },
})

interface Row {
  readonly code: string
  readonly display?: string
  readonly contains?: readonly Row[]
  readonly designation?: readonly { readonly value: string }[]
  readonly extension?: readonly unknown[]
  readonly inactive?: boolean
}

t.test('terminology', async (t) => {
  const server = await openServer(t)
  const headers = { ...(await server.auth('system/*.cruds')), 'content-type': 'application/fhir+json' }
  const get = async (url: string) => {
    const reply = await server.app.inject({ url: `/fhir/${url}`, headers })
    return { status: reply.statusCode, body: reply.json() }
  }
  const post = async (url: string, body: object) => {
    const reply = await server.app.inject({
      method: 'POST',
      url: `/fhir/${url}`,
      headers,
      payload: JSON.stringify(body),
    })
    return { status: reply.statusCode, body: reply.json() }
  }
  const ask = (url: string, ...parameter: readonly object[]) =>
    post(url, { resourceType: 'Parameters', parameter })
  const system = { name: 'codeSystem', resource: FRUIT }
  t.equal((await post('CodeSystem', FRUIT)).status, 201)
  const codes = (rows: readonly Row[] | undefined): readonly string[] =>
    (rows ?? []).flatMap((row) => [row.code, ...codes(row.contains)])
  const expand = async (valueSet: object, ...parameter: readonly object[]) => {
    const { status, body } = await ask(
      'ValueSet/$expand',
      { name: 'valueSet', resource: valueSet },
      ...parameter,
    )
    return { status, body, expansion: body.expansion, codes: codes(body.expansion?.contains) }
  }

  t.test('$expand by url, by GET and POST, with its total and what it was made of', async (t) => {
    const { status, body } = await get(`ValueSet/$expand?url=${GENDERS}`)
    t.equal(status, 200)
    t.equal(body.expansion.total, 4)
    t.same(codes(body.expansion.contains), ['male', 'female', 'other', 'unknown'])
    t.ok(
      body.expansion.parameter.some(({ valueUri }: { valueUri?: string }) => valueUri === `${GENDER}|4.0.1`),
    )
    const posted = await ask('ValueSet/$expand', { name: 'url', valueUri: GENDERS })
    t.same(codes(posted.body.expansion.contains), ['male', 'female', 'other', 'unknown'])
  })

  t.test('$expand refuses what it cannot answer', async (t) => {
    t.equal((await get('ValueSet/$expand?url=http://a.b/none')).status, 404)
    t.match((await get('ValueSet/$expand?url=http://a.b/none')).body.issue[0].diagnostics, 'http://a.b/none')
    t.equal((await get('ValueSet/$expand')).status, 400)
    t.equal((await get(`ValueSet/$expand?url=${GENDERS}&url=${GENDERS}`)).status, 400)
    t.equal((await get(`ValueSet/$expand?url=${GENDERS}&count=many`)).status, 400)
    t.equal((await get(`ValueSet/$expand?url=${GENDERS}&offset=-1`)).status, 400)
    t.equal((await get(`ValueSet/$expand?url=${GENDERS}&activeOnly=yes`)).status, 400)
    t.equal((await get(`ValueSet/$expand?url=${GENDERS}&colour=red`)).status, 400)
    t.equal((await get('ValueSet/none/$expand')).status, 404)
  })

  /** Filters of an include, and the codes that they leave. */
  const FILTERS: readonly (readonly [string, object, readonly string[]])[] = [
    ['none', {}, ['fruit', 'apple', 'fuji', 'pear', 'medlar']],
    ['is-a', { filter: [{ property: 'concept', op: 'is-a', value: 'apple' }] }, ['apple', 'fuji']],
    ['descendent-of', { filter: [{ property: 'concept', op: 'descendent-of', value: 'apple' }] }, ['fuji']],
    [
      'is-not-a',
      { filter: [{ property: 'concept', op: 'is-not-a', value: 'apple' }] },
      ['fruit', 'pear', 'medlar'],
    ],
    [
      'generalizes',
      { filter: [{ property: 'concept', op: 'generalizes', value: 'fuji' }] },
      ['fruit', 'apple', 'fuji'],
    ],
    ['=', { filter: [{ property: 'colour', op: '=', value: 'red' }] }, ['apple']],
    ['in', { filter: [{ property: 'colour', op: 'in', value: 'red,green' }] }, ['apple', 'pear']],
    [
      'not-in',
      { filter: [{ property: 'colour', op: 'not-in', value: 'red' }] },
      ['fruit', 'fuji', 'pear', 'medlar'],
    ],
    ['exists', { filter: [{ property: 'colour', op: 'exists', value: 'true' }] }, ['apple', 'pear']],
    [
      'not exists',
      { filter: [{ property: 'colour', op: 'exists', value: 'false' }] },
      ['fruit', 'fuji', 'medlar'],
    ],
    ['regex', { filter: [{ property: 'code', op: 'regex', value: '[fm].*' }] }, ['fruit', 'fuji', 'medlar']],
    ['parent', { filter: [{ property: 'parent', op: '=', value: 'apple' }] }, ['fuji']],
    [
      'two of them',
      {
        filter: [
          { property: 'concept', op: 'is-a', value: 'fruit' },
          { property: 'colour', op: '=', value: 'green' },
        ],
      },
      ['pear'],
    ],
    ['a list', { concept: [{ code: 'pear' }, { code: 'apple' }] }, ['pear', 'apple']],
  ]
  t.test('$expand applies every filter', async (t) => {
    for (const [name, more, wanted] of FILTERS) t.same((await expand(include(more))).codes, wanted, name)
    t.equal((await expand(include({ filter: [{ property: 'colour', op: 'is-a', value: 'a' }] }))).status, 400)
    t.equal(
      (await expand(include({ filter: [{ property: 'code', op: 'regex', value: '(a+)+$' }] }))).status,
      400,
    )
  })

  t.test('$expand takes away what is excluded and keeps what is in every value set named', async (t) => {
    const whole = { system: FRUIT.url }
    const set = {
      resourceType: 'ValueSet',
      status: 'active',
      compose: { include: [whole], exclude: [{ system: FRUIT.url, concept: [{ code: 'pear' }] }] },
    }
    t.same((await expand(set)).codes, ['fruit', 'apple', 'fuji', 'medlar'])
    const named = {
      ...include({ concept: [{ code: 'apple' }, { code: 'pear' }] }),
      url: 'http://a.b/vs',
      name: 'Some',
    }
    t.equal((await post('ValueSet', named)).status, 201)
    t.same((await expand(include({ valueSet: ['http://a.b/vs'] }))).codes, ['apple', 'pear'])
    const only = {
      resourceType: 'ValueSet',
      status: 'active',
      compose: { include: [{ valueSet: ['http://a.b/vs', 'http://a.b/vs'] }] },
    }
    t.same((await expand(only)).codes, ['apple', 'pear'])
    const loop = {
      resourceType: 'ValueSet',
      url: 'http://a.b/loop',
      name: 'Loop',
      status: 'active',
      compose: { include: [{ valueSet: ['http://a.b/loop'] }] },
    }
    t.equal((await post('ValueSet', loop)).status, 201)
    const { status, body } = await get('ValueSet/$expand?url=http://a.b/loop')
    t.equal(status, 422)
    t.match(body.issue[0].diagnostics, /includes itself/)
  })

  t.test('$expand filters by every word, in any language, kana and width folded', async (t) => {
    const by = async (filter: string) =>
      (await expand(include({}), { name: 'filter', valueString: filter })).codes
    t.same(await by('app'), ['apple', 'fuji'])
    t.same(await by('fuji APPLE'), ['fuji'])
    t.same(await by('りんご'), ['apple'])
    t.same(await by('ﾘﾝｺﾞ'), ['apple'])
    t.same(await by('果物'), ['fruit'])
    t.same(await by('plum'), [])
  })

  t.test('$expand by pages is the whole, in the same order', async (t) => {
    const pages: string[] = []
    for (let offset = 0; offset < 6; offset += 2) {
      const page = await expand(
        include({}),
        { name: 'offset', valueInteger: offset },
        { name: 'count', valueInteger: 2 },
      )
      t.equal(page.expansion.total, 5)
      t.equal(page.expansion.offset, offset)
      pages.push(...page.codes)
    }
    t.same(pages, ['fruit', 'apple', 'fuji', 'pear', 'medlar'])
    t.same((await expand(include({}), { name: 'count', valueInteger: 0 })).codes, [])
  })

  t.test(
    '$expand leaves out the inactive, nests, and shows languages and properties where asked',
    async (t) => {
      t.same((await expand(include({}), { name: 'activeOnly', valueBoolean: true })).codes, [
        'fruit',
        'apple',
        'fuji',
        'pear',
      ])
      const nested = await expand(include({}), { name: 'excludeNested', valueBoolean: false })
      t.same(
        nested.expansion.contains.map(({ code }: Row) => code),
        ['fruit'],
      )
      t.same(codes(nested.expansion.contains[0].contains), ['apple', 'fuji', 'pear', 'medlar'])
      const ja = await expand(include({}), { name: 'displayLanguage', valueCode: 'ja' })
      t.same(
        ja.expansion.contains.map(({ display }: Row) => display),
        ['果物', 'リンゴ', 'ふじ', 'Pear', 'Medlar'],
      )
      const all = await expand(
        include({}),
        { name: 'includeDesignations', valueBoolean: true },
        { name: 'property', valueString: 'colour' },
      )
      t.equal(all.expansion.contains[1].designation[0].value, 'リンゴ')
      t.match(all.expansion.contains[1].extension[0].extension[1], { valueString: 'red' })
    },
  )

  t.test('$expand pins, checks and excludes systems', async (t) => {
    t.equal((await expand(include({ version: '1' }))).codes.length, 5)
    t.equal(
      (await expand(include({}), { name: 'exclude-system', valueCanonical: FRUIT.url })).codes.length,
      0,
    )
    t.equal(
      (
        await expand(include({ version: '1' }), {
          name: 'check-system-version',
          valueCanonical: `${FRUIT.url}|2`,
        })
      ).status,
      422,
    )
    t.equal((await expand(include({}), { name: 'system-version', valueCanonical: FRUIT.url })).status, 400)
  })

  /** What is asked of a value set, and the answer. */
  const CODES: readonly (readonly [string, readonly object[], boolean])[] = [
    [
      'a code that is in it',
      [
        { name: 'code', valueCode: 'apple' },
        { name: 'system', valueUri: FRUIT.url },
      ],
      true,
    ],
    [
      'a code that is not',
      [
        { name: 'code', valueCode: 'plum' },
        { name: 'system', valueUri: FRUIT.url },
      ],
      false,
    ],
    [
      'another system',
      [
        { name: 'code', valueCode: 'apple' },
        { name: 'system', valueUri: GENDER },
      ],
      false,
    ],
    ['a code without system', [{ name: 'code', valueCode: 'apple' }], true],
    ['a coding', [{ name: 'coding', valueCoding: { system: FRUIT.url, code: 'fuji' } }], true],
    [
      'a concept of which one coding is in it',
      [
        {
          name: 'codeableConcept',
          valueCodeableConcept: {
            coding: [
              { system: 'http://x.y', code: 'a' },
              { system: FRUIT.url, code: 'pear' },
            ],
          },
        },
      ],
      true,
    ],
    [
      'the right display',
      [{ name: 'coding', valueCoding: { system: FRUIT.url, code: 'apple', display: 'APPLE' } }],
      true,
    ],
    [
      'the display in another language',
      [{ name: 'coding', valueCoding: { system: FRUIT.url, code: 'apple', display: 'ﾘﾝｺﾞ' } }],
      true,
    ],
    [
      'a wrong display',
      [{ name: 'coding', valueCoding: { system: FRUIT.url, code: 'apple', display: 'Pear' } }],
      false,
    ],
    ['an abstract code', [{ name: 'coding', valueCoding: { system: FRUIT.url, code: 'fruit' } }], true],
    [
      'an abstract code where those are refused',
      [
        { name: 'coding', valueCoding: { system: FRUIT.url, code: 'fruit' } },
        { name: 'abstract', valueBoolean: false },
      ],
      false,
    ],
  ]
  t.test('ValueSet/$validate-code', async (t) => {
    for (const [name, parameter, wanted] of CODES) {
      const { status, body } = await ask(
        'ValueSet/$validate-code',
        { name: 'valueSet', resource: include({}) },
        ...parameter,
      )
      t.equal(status, 200, name)
      t.equal(body.parameter[0].valueBoolean, wanted, name)
      t.equal(
        body.parameter.some((each: { name: string }) => each.name === 'message'),
        !wanted,
        name,
      )
    }
    t.equal(
      (await get(`ValueSet/$validate-code?url=${GENDERS}&system=${GENDER}&code=male`)).body.parameter[0]
        .valueBoolean,
      true,
    )
    t.equal((await get(`ValueSet/$validate-code?url=${GENDERS}`)).status, 400)
    t.equal((await get('ValueSet/$validate-code?url=http://a.b/none&code=a')).status, 404)
    const ja = await ask(
      'ValueSet/$validate-code',
      { name: 'valueSet', resource: include({}) },
      { name: 'code', valueCode: 'plum' },
      { name: 'displayLanguage', valueCode: 'ja' },
    )
    t.match(ja.body.parameter[1].valueString, /にありません/)
  })

  t.test('CodeSystem/$validate-code', async (t) => {
    const verdict = async (query: string) =>
      (await get(`CodeSystem/$validate-code?${query}`)).body.parameter?.[0].valueBoolean
    t.equal(await verdict(`url=${GENDER}&code=male`), true)
    t.equal(await verdict(`url=${GENDER}&code=MALE`), false)
    t.equal(await verdict('url=http://unitsofmeasure.org&code=mm[Hg]'), true)
    t.equal(await verdict('url=http://unitsofmeasure.org&code=mmHg'), false)
    t.equal(await verdict('url=urn:ietf:bcp:47&code=ja-JP'), true)
    t.equal((await get('CodeSystem/$validate-code?url=http://a.b/none&code=a')).status, 404)
    t.equal((await get('CodeSystem/$validate-code?code=a')).status, 400)
    const given = await ask('CodeSystem/$validate-code', system, { name: 'code', valueCode: 'pear' })
    t.equal(given.body.parameter[0].valueBoolean, true)
  })

  t.test('$lookup tells names, languages, properties and what lies above', async (t) => {
    const { status, body } = await get(`CodeSystem/$lookup?system=${FRUIT.url}&code=apple`)
    t.equal(status, 200)
    const named = (name: string) => body.parameter.filter((each: { name: string }) => each.name === name)
    t.equal(named('name')[0].valueString, 'Fruit')
    t.equal(named('version')[0].valueString, '1')
    t.equal(named('display')[0].valueString, 'Apple')
    t.equal(named('designation')[0].part[1].valueString, 'リンゴ')
    t.ok(
      named('property').some(
        ({ part }: { part: readonly { valueCode?: string }[] }) => part[1]?.valueCode === 'fruit',
      ),
    )
    const children = await get(
      `CodeSystem/$lookup?system=${FRUIT.url}&code=apple&property=child&displayLanguage=ja`,
    )
    t.match(children.body.parameter.at(-1).part[1], { valueCode: 'fuji' })
    t.equal((await get(`CodeSystem/$lookup?system=${FRUIT.url}&code=plum`)).status, 404)
    t.equal((await get('CodeSystem/$lookup?system=http://a.b/none&code=a')).status, 404)
    t.equal((await get('CodeSystem/$lookup?code=a')).status, 400)
    const coding = await ask('CodeSystem/$lookup', {
      name: 'coding',
      valueCoding: { system: ACT, code: 'AMB' },
    })
    t.equal(coding.status, 200)
  })

  t.test('$subsumes has four outcomes', async (t) => {
    const outcome = async (a: string, b: string) =>
      (await get(`CodeSystem/$subsumes?system=${FRUIT.url}&codeA=${a}&codeB=${b}`)).body.parameter?.[0]
        .valueCode
    t.equal(await outcome('apple', 'apple'), 'equivalent')
    t.equal(await outcome('fruit', 'fuji'), 'subsumes')
    t.equal(await outcome('fuji', 'fruit'), 'subsumed-by')
    t.equal(await outcome('pear', 'apple'), 'not-subsumed')
    t.equal((await get(`CodeSystem/$subsumes?system=${FRUIT.url}&codeA=plum&codeB=pear`)).status, 404)
    t.equal((await get(`CodeSystem/$subsumes?system=${FRUIT.url}&codeA=pear`)).status, 400)
  })

  t.test('$translate goes forwards and in reverse, and says how well it fits', async (t) => {
    const url = 'http://hl7.org/fhir/ConceptMap/sc-account-status'
    const map = {
      resourceType: 'ConceptMap',
      status: 'active',
      group: [
        {
          source: FRUIT.url,
          target: GENDER,
          element: [
            { code: 'apple', target: [{ code: 'other', equivalence: 'wider' }] },
            { code: 'pear', target: [{ equivalence: 'unmatched' }] },
          ],
          unmapped: { mode: 'fixed', code: 'unknown' },
        },
      ],
    }
    const given = { name: 'conceptMap', resource: map }
    const coding = (system: string, code: string) => ({ name: 'coding', valueCoding: { system, code } })
    const there = await ask('ConceptMap/$translate', given, coding(FRUIT.url, 'apple'))
    t.equal(there.body.parameter[0].valueBoolean, true)
    t.match(there.body.parameter[1].part, [
      { valueCode: 'wider' },
      { valueCoding: { system: GENDER, code: 'other' } },
    ])
    const none = await ask('ConceptMap/$translate', given, coding(FRUIT.url, 'pear'))
    t.equal(none.body.parameter[0].valueBoolean, false)
    const fixed = await ask('ConceptMap/$translate', given, coding(FRUIT.url, 'fuji'))
    t.match(fixed.body.parameter[1].part[1], { valueCoding: { code: 'unknown' } })
    const back = await ask('ConceptMap/$translate', given, coding(GENDER, 'other'), {
      name: 'reverse',
      valueBoolean: true,
    })
    t.match(back.body.parameter[1].part, [
      { valueCode: 'narrower' },
      { valueCoding: { system: FRUIT.url, code: 'apple' } },
    ])
    const own = await get(
      `ConceptMap/$translate?url=${url}&system=http://hl7.org/fhir/account-status&code=active`,
    )
    t.equal(own.status, 200)
    t.equal(own.body.parameter[0].valueBoolean, true)
    t.equal((await get('ConceptMap/$translate?url=http://a.b/none&system=http://a.b&code=a')).status, 404)
    t.equal((await get('ConceptMap/$translate?system=http://a.b&code=a')).status, 400)
  })

  t.test('$closure keeps a table, tells what is new, and replays', async (t) => {
    const concept = (code: string) => ({ name: 'concept', valueCoding: { system: FRUIT.url, code } })
    const name = { name: 'name', valueString: 'met' }
    t.equal((await ask('$closure', name, concept('apple'))).status, 404)
    t.equal((await ask('$closure', name)).body.version, '0')
    t.notOk((await ask('$closure', name, concept('apple'))).body.group)
    const second = await ask('$closure', name, concept('fuji'), concept('pear'))
    t.equal(second.body.version, '2')
    t.same(second.body.group[0].element, [
      { code: 'fuji', target: [{ code: 'apple', equivalence: 'subsumes' }] },
    ])
    const third = await ask('$closure', name, concept('fruit'))
    t.same(
      third.body.group[0].element.map(({ code }: { code: string }) => code),
      ['apple', 'fuji', 'pear'],
    )
    const replayed = await ask('$closure', name, { name: 'version', valueString: '2' })
    t.same(
      replayed.body.group[0].element.map(({ code }: { code: string }) => code),
      ['apple', 'fuji', 'pear'],
    )
    t.equal((await ask('$closure', { name: 'name', valueString: 'a b' })).status, 400)
    t.equal((await get('$closure?name=met')).status, 405)
  })
})

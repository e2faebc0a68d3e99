import fc from 'fast-check'
import t from 'tap'
import { covers, narrowTo } from '../../src/access/covers.ts'
import { parseScope, type Scope } from '../../src/access/scopes.ts'

const TYPES = ['Observation', 'Condition']
const PARAMS = [
  ['category', 'a'],
  ['category', 'b'],
  ['code', 'c'],
] as const
const isType = (name: string) => TYPES.includes(name)
const parse = (text: string): Scope => parseScope(text, isType)!
const parseAll = (text: string) => text.split(' ').filter(Boolean).map(parse)

const COVERED: readonly (readonly [granted: string, asked: string, narrowed: string])[] = [
  ['patient/*.rs', 'patient/Observation.rs', 'patient/Observation.rs'],
  ['patient/*.rs', 'patient/Observation.read', 'patient/Observation.read'],
  ['patient/*.read', 'patient/*.rs', 'patient/*.rs'],
  ['patient/Observation.r patient/*.s', 'patient/Observation.rs', 'patient/Observation.rs'],
  [
    'patient/Observation.rs?category=a',
    'patient/Observation.r?category=a&code=c',
    'patient/Observation.r?category=a&code=c',
  ],
  ['user/*.cruds', 'user/*.*', 'user/*.*'],
]

const NARROWED: readonly (readonly [granted: string, asked: string, narrowed: string])[] = [
  ['', 'patient/Observation.r', ''],
  ['user/*.cruds system/*.cruds', 'patient/Observation.r', ''],
  ['patient/Observation.rs', 'patient/*.rs', ''],
  ['patient/Observation.rs', 'patient/Condition.rs', ''],
  ['patient/*.rs', 'patient/Observation.cruds', 'patient/Observation.rs'],
  ['patient/*.rs', 'patient/Observation.*', 'patient/Observation.read'],
  ['patient/*.cuds', 'patient/Observation.*', 'patient/Observation.cuds'],
  ['patient/*.cu', 'patient/Observation.write', 'patient/Observation.cu'],
  ['patient/Observation.rs?category=a', 'patient/Observation.rs', ''],
  ['patient/Observation.rs?category=a', 'patient/Observation.rs?category=b', ''],
  ['patient/Observation.rs?category=a', 'patient/Observation.rs?category=a,b', ''],
  ['patient/*.r?category=a', 'patient/Observation.rs?category=a', 'patient/Observation.r?category=a'],
  ['patient/*.rs', 'patient/*.cruds patient/*.rs patient/*.read', 'patient/*.rs patient/*.read'],
]

t.test('29: a granted scope holds what is the same or narrower, and nothing else', async (t) => {
  for (const [granted, asked, narrowed] of COVERED) {
    t.ok(covers(parseAll(granted), parse(asked)), `${granted} holds ${asked}`)
    t.strictSame(narrowTo(parseAll(granted), parseAll(asked)).join(' '), narrowed)
  }
  for (const [granted, asked, narrowed] of NARROWED) {
    if (!asked.includes(' ')) t.notOk(covers(parseAll(granted), parse(asked)), `${granted} not ${asked}`)
    t.strictSame(narrowTo(parseAll(granted), parseAll(asked)).join(' '), narrowed, `${granted} of ${asked}`)
  }
})

const scope = fc
  .record({
    level: fc.constantFrom('patient', 'user', 'system'),
    type: fc.constantFrom('*', ...TYPES),
    suffix: fc.oneof(
      fc.constantFrom('read', 'write', '*'),
      fc.subarray([...'cruds'], { minLength: 1 }).map((letters) => letters.join('')),
    ),
    params: fc.subarray([...PARAMS]),
  })
  .map(({ level, type, suffix, params }) => {
    const isV1 = ['read', 'write', '*'].includes(suffix)
    const query = isV1 ? '' : params.map((param) => param.join('=')).join('&')
    return parse(`${level}/${type}.${suffix}${query && `?${query}`}`)
  })

/**
 * What a scope lets through, one by one: a deed is a level, a type, a right and the parameters that a resource meets. `*` as a
 * type that was asked for is a deed of its own, on a type nobody names.
 */
function deedsOf({ level, type, rights, params }: Scope): ReadonlySet<string> {
  const types = type === '*' ? ['other', ...TYPES] : [type]
  const met = subsets().filter((each) =>
    params.every(([name, value]) => each.some((param) => param[0] === name && param[1] === value)),
  )
  return new Set(
    types.flatMap((each) =>
      [...rights].flatMap((right) => met.map((params) => JSON.stringify([level, each, right, params]))),
    ),
  )
}

function subsets(): (readonly (readonly [string, string])[])[] {
  return [...Array(2 ** PARAMS.length).keys()].map((bits) =>
    PARAMS.filter((_param, place) => bits & (1 << place)),
  )
}

const union = (scopes: readonly Scope[]) => new Set(scopes.flatMap((each) => [...deedsOf(each)]))

t.test('a scope is covered exactly where every deed of it is a deed of some granted scope', async (t) => {
  fc.assert(
    fc.property(fc.array(scope, { maxLength: 5 }), scope, (granted, asked) => {
      const reach = union(granted)
      return covers(granted, asked) === [...deedsOf(asked)].every((deed) => reach.has(deed))
    }),
    { numRuns: 3_000 },
  )
  t.pass()
})

t.test(
  '33: what is narrowed is within what was granted and what was asked, and is as much of it as scopes can say',
  async (t) => {
    fc.assert(
      fc.property(fc.array(scope, { maxLength: 5 }), fc.array(scope, { maxLength: 4 }), (granted, asked) => {
        const narrowed = narrowTo(granted, asked).map(parse)
        const [within, wanted, got] = [union(granted), union(asked), union(narrowed)]
        for (const deed of got) if (!within.has(deed) || !wanted.has(deed)) return false
        // Scopes that were covered whole are there whole, in their own words.
        return asked.every(
          (each) => !covers(granted, each) || narrowed.some(({ text }) => text === each.text),
        )
      }),
      { numRuns: 3_000 },
    )
    t.pass()
  },
)

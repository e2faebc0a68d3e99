// Whatever is asked for and registered: what is granted lies within both, as the response and the FHIR API have it.
import fc from 'fast-check'
import t from 'tap'
import { covers } from '../../src/access/covers.ts'
import { parseScope, parseScopes, type Scope } from '../../src/access/scopes.ts'
import { loadDefinitions } from '../../src/fhir/definitions.ts'
import { exchange, openSmartServer } from '../support/authorization.ts'
import { askBackend, askUser } from '../support/granted.ts'

const { isResourceType } = loadDefinitions()
const TYPES = ['*', 'Observation', 'Condition']
const parse = (text: string): readonly Scope[] => parseScopes(text, isResourceType).scopes

const suffix = fc.oneof(
  fc.constantFrom('read', 'write', '*'),
  fc.subarray([...'cruds'], { minLength: 1 }).map((letters) => letters.join('')),
  fc.constantFrom('sr', 'x', ''),
)

const scopes = (level: fc.Arbitrary<string>) =>
  fc
    .array(
      fc
        .tuple(
          level,
          fc.constantFrom(...TYPES),
          suffix,
          fc.constantFrom('', '', '?_id=a', '?_id=a&_lastUpdated=gt2020', '?nosuch=1'),
        )
        .map(([of, type, rights, query]) => `${of}/${type}.${rights}${query}`),
      { minLength: 1, maxLength: 4 },
    )
    .map((all) => all.join(' '))

const isWithin = (granted: readonly Scope[], scope: Scope) =>
  [...scope.rights].every((right) => granted.some((each) => covers([each], one(scope, right))))
const one = ({ level, type, text }: Scope, right: string) => {
  const at = text.indexOf('?')
  return parseScope(`${level}/${type}.${right}${at < 0 ? '' : text.slice(at)}`, isResourceType)!
}

t.test('29, 33: what a user grants lies within what was asked for and what is registered', async (t) => {
  const server = await openSmartServer(t)
  const level = fc.constantFrom('patient', 'user', 'system')
  await fc.assert(
    fc.asyncProperty(scopes(level), scopes(level), async (scope, registered) => {
      const { back, client } = await askUser(server, { scope, registered })
      if (back.get('code') === null) return back.get('error') === 'invalid_scope'
      const { body } = await exchange(server, client, back)
      const granted = parse(body.scope)
      const [asked, held] = [parse(scope), parse(registered)]
      return (
        granted.length > 0 &&
        granted.every((each) => each.level !== 'system' && isWithin(asked, each) && isWithin(held, each))
      )
    }),
    { numRuns: 40 },
  )
  t.pass()
})

t.test(
  '33, 50: a client in its own name gets exactly what it asks for within its registration, or nothing',
  async (t) => {
    const server = await openSmartServer(t)
    const level = fc.constantFrom('system', 'system', 'system', 'user')
    await fc.assert(
      fc.asyncProperty(scopes(level), scopes(fc.constant('system')), async (scope, registered) => {
        const { answer } = await askBackend(server, { scope, registered })
        const { scopes: asked, refused } = parseScopes(scope, isResourceType)
        const held = parse(registered)
        const mayBe =
          refused.length === 0 && asked.every((each) => each.level === 'system' && isWithin(held, each))
        if (answer.status === 200)
          return mayBe && answer.body.scope === asked.map(({ text }) => text).join(' ')
        return answer.body.error === 'invalid_scope' && (!mayBe || scope.includes('nosuch'))
      }),
      { numRuns: 60 },
    )
    t.pass()
  },
)

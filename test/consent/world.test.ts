// Whether the random questions of the other tests reach every reason and every kind of rule: else they would prove little.
import fc from 'fast-check'
import t from 'tap'
import { decide } from '../../src/consent/decide.ts'
import type { Ground } from '../../src/consent/decision.ts'
import type { Dimensions, Rule, StoredConsent } from '../../src/consent/rule.ts'
import { scene, toSceneCase } from '../support/consent-world.ts'

const DRAWN = 10_000

/** Every reason a decision can have; consents and policies by their kind. */
const REASONS = [
  ...[
    'purpose',
    'public',
    'default',
    'self',
    'own-data',
    'treating',
    'consent',
    'consent:unsupported-active',
  ],
  ...['consent:K', 'hard:client', 'hard:block', 'hard:undelivered', 'hard:uninformed', 'statutory:law'],
  ...['admin:ngmi', 'proxy', 'proxy:no-delegation', 'proxy:majority', 'proxy:excluded'],
  ...['proxy:adolescent-sensitive', 'btg', 'btg-not-elevated', 'btg-refused', 'btg-single-patient'],
  ...['btg-read-only', 'btg-unattended'],
]
const DIMENSIONS: readonly (keyof Dimensions)[] = [
  ...(['actors', 'purposes', 'actions', 'classes', 'codes', 'labels', 'dataPeriod', 'data'] as const),
]

const counts = new Map<string, number>()
const count = (key: string) => counts.set(key, (counts.get(key) ?? 0) + 1)
const counted = (key: string) => counts.get(key) ?? 0

for (const drawn of fc.sample(scene, { numRuns: DRAWN, seed: 20260401 })) {
  const { request, facets, context } = toSceneCase(drawn)
  const { permit, reason, grounds } = decide(request, facets, context)
  count(permit ? 'PERMIT' : 'DENY')
  for (const each of reason.split(',')) count(each.replace(/^consent:K\d$/, 'consent:K'))
  const consents = facets.patients.flatMap((patient) => context.state.of(patient).consents)
  for (const rule of grounds.flatMap((ground) => rulesOf(ground, consents))) countRule(rule)
}

function rulesOf({ consent, paths }: Ground, consents: readonly StoredConsent[]): readonly Rule[] {
  const stored = consents.find(({ ref }) => ref === consent)
  return stored?.kind === 'agreement' ? below(stored.root).filter(({ path }) => paths.includes(path)) : []
}

function below(rule: Rule): readonly Rule[] {
  return [rule, ...rule.children.flatMap(below)]
}

function countRule(rule: Rule): void {
  count(`${rule.effect} at depth ${rule.path.split('.').length - 2}`)
  for (const name of DIMENSIONS) if (rule[name] !== undefined) count(`${rule.effect} by ${name}`)
}

t.test('PERMIT and DENY are both frequent', async (t) => {
  t.ok(counted('PERMIT') > DRAWN / 10, `${counted('PERMIT')} of ${DRAWN}`)
  t.ok(counted('DENY') > DRAWN / 10, `${counted('DENY')} of ${DRAWN}`)
})

t.test('every reason occurs, and no reason that is not known', async (t) => {
  for (const reason of REASONS) t.ok(counted(reason) >= 3, `${reason}: ${counted(reason)}`)
  const rules = /^(PERMIT|DENY|(permit|deny) (at|by) .*)$/
  t.same(
    [...counts.keys()].filter((key) => !rules.test(key) && !REASONS.includes(key)),
    [],
  )
})

t.test('rules of both effects decide by every dimension and at every depth', async (t) => {
  for (const effect of ['permit', 'deny']) {
    for (const name of DIMENSIONS) {
      const key = `${effect} by ${name}`
      t.ok(counted(key) >= 5, `${key}: ${counted(key)}`)
    }
    for (const depth of [0, 1, 2]) {
      const key = `${effect} at depth ${depth}`
      t.ok(counted(key) >= 10, `${key}: ${counted(key)}`)
    }
  }
})

// A plan that narrows a policy by another's filter lets nothing through that the policy does not.
import fc from 'fast-check'
import t from 'tap'
import { toPrincipal } from '../../src/access/principal.ts'
import { createContext } from '../../src/app.ts'
import { evaluate } from '../../src/search/evaluate.ts'
import { ALL, type Expr, equals, NONE, not } from '../../src/search/query.ts'
import { openServer } from '../support/server.ts'

t.test(
  'whatever the filter says, a narrowed plan selects what the policy and the filter both select',
  async (t) => {
    const { config, store } = await openServer(t)
    const context = await createContext(config, store)
    const principal = toPrincipal(
      {
        subject: 'Patient/p',
        client: 'test',
        patient: 'p',
        purpose: 'PATRQT',
        scope: 'patient/Observation.rs',
        expiresAt: Number.MAX_SAFE_INTEGER,
      },
      context.definitions,
    )
    const policy = await context.policyFor(principal)
    const filters: readonly Expr[] = [ALL, NONE, equals('status', 'a'), not(equals('status', 'a'))]
    const values = fc.record({
      patient: fc.constantFrom('Patient/p', 'Patient/q'),
      status: fc.constantFrom('a', 'b'),
      uninformed: fc.boolean(),
    })
    let selected = 0
    const property = fc.property(
      values,
      fc.constantFrom(...filters),
      ({ patient, status, uninformed }, filter) => {
        const entry = (param: string, value: string) => ({ param, lo: value, hi: value })
        const entries = [
          entry('_patient', patient),
          entry('_compartment', patient),
          entry('status', status),
          ...(uninformed ? [entry('_flag', 'UNINFORMED')] : []),
        ]
        const select = [{ type: 'Observation', where: ALL }]
        const query = { select, sort: [], count: 0, total: 'accurate', includes: [] } as const
        const narrowed = policy.narrowedPlan(query, () => filter).data.query.select
        const isSelected = narrowed.some(({ where }) => evaluate(where, 'Observation', entries))
        const own = evaluate(policy.filterFor('Observation', 's'), 'Observation', entries)
        if (isSelected) selected++
        t.equal(isSelected, own && evaluate(filter, 'Observation', entries))
      },
    )
    fc.assert(property, { numRuns: 200 })
    t.ok(selected > 0, 'something was selected')
    t.throws(
      () =>
        policy.narrowedPlan(
          {
            select: [
              {
                type: 'Observation',
                where: { kind: 'chain', param: 'subject', to: [{ type: 'Patient', where: ALL }] },
              },
            ],
            sort: [],
            count: 0,
            total: 'none',
            includes: [],
          },
          () => ALL,
        ),
      { code: 'forbidden' },
      'a chain into a type that the policy closes is refused, whatever the filter opens',
    )
  },
)

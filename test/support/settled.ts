// What the questions of settled-*.test.ts are put with: who asks, what stands, and the consents in short. https://hl7.org/fhir/R4/consent.html
import type { Vector } from '../../conformance/consent/vector.ts'
import { type Head, type Question, type Sketch, toConsent } from './consent.ts'

export type Request = Partial<Vector['request']>
export type State = Vector['state']

export const B = ['Organization/hospB']
export const A = 'Organization/hospA'
export const grant: Sketch = { type: 'permit', actor: B }
export const open = toConsent(grant, { id: 'OPEN' })
export const unreadable = toConsent(grant, { id: 'BAD', policyRule: 'NOPP' })
export const dissent = (sketch: Sketch = {}, head: Head = {}) =>
  toConsent({ type: 'deny', ...sketch }, { id: 'D', ...head })
export const permit = (sketch: Sketch, given: Question = {}): Question => ({
  ...given,
  consents: [toConsent({ ...grant, ...sketch })],
})
export const asks = (request: Request, given: Question = {}): Question => ({ ...given, request })
export const acts = (ref: string) => ({ actors: [{ ref, via: 'acting' as const }] })
export const keeps = (state: State, given: Question = {}): Question => ({ ...given, state })

export const user = { ref: 'Practitioner/dr', via: 'user' } as const
export const glass: Request = {
  purpose: 'BTG',
  elevation: {},
  actors: [{ ref: 'Organization/hospB', via: 'acting' }, user],
}
export const self: Request = { self: 'Patient/p1', actors: [{ ref: 'Patient/p1', via: 'user' }] }
export const byProxy: Request = {
  proxyFor: 'Patient/p1',
  actors: [{ ref: 'RelatedPerson/m', via: 'user' }],
  purpose: 'PATRQT',
}
export const mother = {
  patient: 'Patient/p1',
  proxy: 'RelatedPerson/m',
  status: 'active',
  kind: 'guardian',
} as const
export const treating = [{ patient: 'Patient/p1', organization: 'Organization/hospB' }]
export const delegations = [mother]

export const UNREADABLE = 'DENY consent:unsupported-active'

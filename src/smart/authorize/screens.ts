// The page of each step, and what its answer does to the request.
import { hash, randomUUID } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { parseScopes } from '../../access/scopes.ts'
import { FhirError } from '../../fhir/outcome.ts'
import { findHolder } from '../../operations/access/holder.ts'
import { policyOf } from '../acting.ts'
import { type Client, nameOf } from '../client.ts'
import type { SmartContext } from '../context.ts'
import { toCsrfToken } from '../csrf.ts'
import type { Form } from '../form.ts'
import { OAuthError } from '../oauth-error.ts'
import type { Html } from '../pages/html.ts'
import { languageOf } from '../pages/send-page.ts'
import { readPurposeScope } from '../purpose.ts'
import { breakGlassPage, readBreakGlass } from './break-glass-page.ts'
import type { Capacity } from './capacity.ts'
import { consentPage } from './consent-page.ts'
import { type ConsentView, type Decision, readDecision } from './consent-view.ts'
import { writesConsent } from './decided.ts'
import { identityPage, type Offered, readIdentity } from './identity-page.ts'
import { patientPage, readPatient } from './patient-page.ts'
import type { Pending } from './pending.ts'
import { findPerson, nameOfEntry, searchPeople } from './people.ts'
import { previewConsent } from './preview.ts'
import { patientOf, type Question, type Step } from './step.ts'

/** One visit of a page of a request. */
export interface Visit {
  readonly context: SmartContext
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly pending: Pending
  readonly client: Client
  /** What was posted; undefined where the page is only looked at. */
  readonly form?: Form
}

/** `page`: to be shown. `kept`: the request as it goes on. `decided`: what was allowed. */
export type Turn =
  | { readonly kind: 'page'; readonly title: string; readonly body: Html }
  | { readonly kind: 'kept'; readonly pending: Pending }
  | { readonly kind: 'decided'; readonly decision: Exclude<Decision, { kind: 'deny' }> }

type Asking<Kind extends Step['kind']> = Extract<Step, { readonly kind: Kind }>

/** The field that says which question a decision is about. */
const QUESTION_FIELD = 'question'

const ELEVATED_MS = 60 * 60 * 1000

function refused(): OAuthError {
  return new OAuthError('access_denied', 'The user did not grant the request')
}

function toFrame({ context, request, reply, pending }: Visit) {
  return {
    action: `${context.urls.issuer}/go/${pending.id}`,
    csrf: toCsrfToken(context, request, reply),
  }
}

/** Returns the language of the page of a request. */
export function toLanguage({ context, request, pending }: Visit) {
  return languageOf(context, request, pending.request.uiLocales)
}

/** Asks as whom the user goes on. */
export async function askIdentity(visit: Visit, { account, capacities }: Asking<'identity'>): Promise<Turn> {
  const { context, pending, client, form } = visit
  const language = toLanguage(visit)
  const offered = await Promise.all(capacities.map((each) => toOffered(context, each)))
  const view = {
    ...toFrame(visit),
    personName: account.name,
    clientName: nameOf(client, language),
    capacities: offered,
  }
  const chosen = form && readIdentity(view, form)
  const capacity = chosen && capacities[offered.indexOf(chosen)]
  if (capacity) return { kind: 'kept', pending: { ...pending, account: account.id, capacity } }
  return { kind: 'page', ...identityPage(view, language) }
}

async function toOffered(context: SmartContext, capacity: Capacity): Promise<Offered> {
  const { subject, patient, organization, role } = capacity
  // By what it is: where it stands among the others may change before it is chosen.
  const value = [subject, organization, role].filter((each) => each !== undefined).join(' ')
  if (organization !== undefined)
    return { value, kind: 'staff', organization: await nameOfEntry(context.app, organization) }
  if (subject.startsWith('Patient/')) return { value, kind: 'self' }
  const person = patient === undefined ? undefined : await findPerson(context, capacity, patient)
  return { value, kind: 'proxy', ...(person && { name: person.name }) }
}

/** Asks whose record staff want: a search among those whom they may see. */
export async function askPatient(visit: Visit, { account, capacity }: Asking<'patient'>): Promise<Turn> {
  const { context, pending, client, form } = visit
  const language = toLanguage(visit)
  const view = {
    ...toFrame(visit),
    kind: 'search',
    clientName: nameOf(client, language),
    people: [],
  } as const
  const answer = form && readPatient(view, form)
  if (answer?.kind === 'chosen') {
    const isKnown = isElevating(pending) || (await findPerson(context, capacity, answer.patient))
    if (isKnown)
      return { kind: 'kept', pending: { ...pending, account: account.id, patient: answer.patient } }
  }
  if (answer?.kind !== 'search' || answer.query === undefined)
    return { kind: 'page', ...patientPage(view, language) }
  const { people, next } = await searchPeople(context, capacity, answer.query, answer.after)
  const all = [...people, ...toUnseen(pending, answer.query, people)]
  const found = { ...view, people: all, query: answer.query, ...(next !== undefined && { next }) }
  return { kind: 'page', ...patientPage(found, language) }
}

function isElevating({ request }: Pending): boolean {
  return readPurposeScope(request.scope) === 'BTG'
}

// In an emergency the id on a card must do: offered as typed, whether or not there is such a person (B5).
function toUnseen(pending: Pending, query: string, people: readonly { readonly id: string }[]) {
  const id = query.trim()
  const isId = /^[A-Za-z0-9.-]{1,64}$/.test(id) && !people.some((each) => each.id === id)
  return isElevating(pending) && isId ? [{ id, name: id }] : []
}

/** Asks why the glass is to be broken (B1). */
export async function askElevation(visit: Visit, { capacity }: Asking<'elevate'>): Promise<Turn> {
  const { context, pending, form } = visit
  const { app, settings } = context
  const patient = patientOf(pending, capacity)!
  const answer = form && readBreakGlass(form)
  if (answer?.kind === 'deny') throw refused()
  if (answer?.kind === 'allow') {
    const elevation = { id: randomUUID(), reason: answer.reason, patient: `Patient/${patient}` }
    return { kind: 'kept', pending: { ...pending, elevation } }
  }
  const person = await findPerson(context, capacity, patient)
  const view = {
    ...toFrame(visit),
    patientName: person?.name ?? patient,
    ...(person?.birthDate !== undefined && { birthDate: person.birthDate }),
    organization: await nameOfEntry(app, capacity.organization ?? settings.organization),
    until: Date.now() + ELEVATED_MS,
    timeZone: settings.timeZone,
    reviewDays: app.settings.breakGlassReviewDays,
    ...(form && { filled: form }),
  }
  return { kind: 'page', ...breakGlassPage(view, toLanguage(visit)) }
}

/** Asks for the grant itself. */
export async function askConsent(visit: Visit, { question }: Asking<'consent'>): Promise<Turn> {
  const view = await toConsentView(visit, question)
  const { form: posted } = visit
  const said = posted && readDecision(view, posted)
  if (said?.kind === 'deny') throw refused()
  // What was decided on a page with another question is no decision about this one: it is put anew.
  const form = posted?.[QUESTION_FIELD] === view.hidden?.[QUESTION_FIELD] ? posted : undefined
  const decision = form && said
  if (decision?.kind === 'allow') return { kind: 'decided', decision }
  if (view.writesConsent && (await lacksPower(visit, question)))
    return { kind: 'page', ...consentPage({ ...view, isPowerless: true }, toLanguage(visit)) }
  const preview = view.writesConsent
    ? await toPreview(visit, question, decision?.scope ?? question.asked)
    : undefined
  return {
    kind: 'page',
    ...consentPage(
      { ...view, ...(form && { decision: form }), ...(preview && { preview }) },
      toLanguage(visit),
    ),
  }
}

async function lacksPower({ context: { app } }: Visit, { capacity }: Question): Promise<boolean> {
  const { subject, patient } = capacity
  if (!subject.startsWith('RelatedPerson/')) return false
  return !(await findHolder(app, await policyOf(app, capacity), `Patient/${patient}`))
}

async function toConsentView(visit: Visit, question: Question): Promise<ConsentView> {
  const { context, pending, client } = visit
  const { account, capacity, purpose, grantable } = question
  const patient = patientOf(pending, capacity)
  const isOwn = capacity.subject === `Patient/${patient}`
  const person = isOwn || patient === undefined ? undefined : await findPerson(context, capacity, patient)
  return {
    ...toFrame(visit),
    hidden: { [QUESTION_FIELD]: toDigest(visit, question) },
    client,
    asked: grantable.scopes,
    others: grantable.others,
    personName: account.name,
    ...(!isOwn && patient !== undefined && { patientName: person?.name ?? patient }),
    ...(capacity.organization !== undefined && {
      organization: await nameOfEntry(context.app, capacity.organization),
    }),
    purpose,
    writesConsent: writesConsent(capacity, question.asked),
    redirectHost: toHost(pending.request.redirectUri),
    now: Date.now(),
    timeZone: context.settings.timeZone,
  }
}

// Who is asked, as whom, about whom and for what: whatever of it changes makes another question.
function toDigest({ client, pending }: Visit, { account, capacity, purpose, asked }: Question): string {
  const patient = patientOf(pending, capacity)
  const { client_name, client_names } = client.metadata
  return hash(
    'sha256',
    JSON.stringify([account.id, capacity, patient, purpose, asked, client_name, client_names]),
  )
}

function toHost(uri: string): string {
  const { host, protocol } = new URL(uri)
  return host || protocol
}

async function toPreview(
  { context, client }: Visit,
  { capacity, purpose }: Question,
  scope: string,
): Promise<ConsentView['preview']> {
  const { scopes } = parseScopes(scope, context.app.definitions.isResourceType)
  if (scopes.length === 0) return { total: 0, visible: 0, byType: [] }
  try {
    return await previewConsent(context, { client, capacity, scopes, purpose, at: Date.now() })
  } catch (error) {
    // Who may not give this consent is told when they try to.
    if (error instanceof FhirError && error.status < 500) return undefined
    throw error
  }
}

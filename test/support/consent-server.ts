// A server with one person's record in it, and those who ask about it.
import type { Test } from 'tap'
import { actor, grant, policyRule, purpose, scope } from './consents.ts'
import { type Call, openClient, type Reply } from './rest.ts'
import { openServer, type TestServer } from './server.ts'

export const HOSPITAL = 'Organization/hospital'
export const CLINIC = 'Organization/clinic'
export const PROXY = 'RelatedPerson/proxy'

const CONSENT_SYSTEM = 'https://musubi.example/fhir/CodeSystem'
const UNINFORMED = {
  system: 'http://jpfhir.jp/fhir/clins/CodeSystem/JP_ehrshrs_indication',
  code: 'UNINFORMED',
}

/** A resource with its id. */
export interface Whole {
  readonly resourceType: string
  readonly id: string
  readonly [name: string]: unknown
}

export interface ConsentServer {
  readonly server: TestServer
  /** The person, a proxy, a hospital that holds data, a clinic that holds none, and another person. */
  readonly person: Call
  readonly proxy: Call
  readonly hospital: Call
  readonly clinic: Call
  readonly stranger: Call
  readonly admin: Call
  /** Stores a resource that comes from the hospital. */
  put(resource: Whole): Promise<void>
}

/** Opens a server with Patient/p, two organisations and a RelatedPerson, and nothing else. */
export async function openConsentServer(t: Test): Promise<ConsentServer> {
  const server = await openServer(t, { MUSUBI_ID_ORGANIZATIONS: `${HOSPITAL},Organization/demo` })
  const hospital = await openClient(server, 'system/*.cruds', { organization: HOSPITAL })
  const put = async (resource: Whole) => {
    const reply = await hospital('PUT', `${resource.resourceType}/${resource.id}`, resource)
    if (reply.status > 201) throw new Error(`${reply.status}: ${reply.text}`)
  }
  const asPerson = (id: string) =>
    openClient(server, 'patient/*.cruds', { subject: `Patient/${id}`, patient: id, purpose: 'PATRQT' })
  await put({ resourceType: 'Organization', id: 'hospital', name: 'むすび病院' })
  await put({ resourceType: 'Organization', id: 'clinic', name: 'むすび医院' })
  await put({ resourceType: 'Patient', id: 'p', birthDate: '1980-01-01' })
  await put({ resourceType: 'Patient', id: 'q' })
  for (const id of ['proxy', 'other'])
    await put({ resourceType: 'RelatedPerson', id, patient: { reference: 'Patient/p' } })
  return {
    server,
    hospital,
    put,
    person: await asPerson('p'),
    stranger: await asPerson('q'),
    clinic: await openClient(server, 'system/*.cruds', { organization: CLINIC }),
    proxy: await openClient(server, 'patient/*.cruds', { subject: PROXY, patient: 'p', purpose: 'PATRQT' }),
    admin: await openClient(server, 'system/*.cruds', { purpose: 'HSYSADMIN' }),
  }
}

/** Returns an Observation of Patient/p. */
export function observation(id: string, changes: object = {}) {
  return {
    resourceType: 'Observation',
    id,
    status: 'final',
    code: { text: 'pulse' },
    subject: { reference: 'Patient/p' },
    ...changes,
  }
}

/** Returns the meta of what the person has not been told of. */
export function uninformed() {
  return { tag: [UNINFORMED] }
}

// Each an agreement of its own, so that none gives way to another.
function policyOf(id: string) {
  return [{ uri: `https://controller.example/${id}|1.0` }]
}

/** Returns a Consent of Patient/p that lets `ref` have what `provision` says. */
export function optIn(id: string, ref: string, provision: object = {}, changes: object = {}) {
  return {
    ...grant({
      organization: [{ reference: HOSPITAL }],
      policy: policyOf(id),
      provision: { type: 'permit', actor: [actor(ref)], purpose: [purpose('TREAT')], ...provision },
      ...changes,
    }),
    id,
  }
}

/** Returns a Consent of Patient/p that keeps `ref` from what `provision` says. */
export function optOut(id: string, ref: string, provision: object = {}, changes: object = {}) {
  return {
    ...grant({
      policyRule: policyRule('OPTOUT'),
      organization: [{ reference: HOSPITAL }],
      policy: policyOf(id),
      provision: { type: 'deny', actor: [actor(ref)], ...provision },
      ...changes,
    }),
    id,
  }
}

/** Returns a Consent by which Patient/p lets the proxy act for them, with power to grant consents where `power`. */
export function delegation(id: string, power: boolean, ref = PROXY, changes: object = {}) {
  return {
    ...grant({
      scope: scope('delegation', `${CONSENT_SYSTEM}/consent-scope`),
      category: [{ coding: [{ system: `${CONSENT_SYSTEM}/delegation-kind`, code: 'voluntary' }] }],
      organization: [{ reference: HOSPITAL }],
      policyRule: policyRule('OPTIN'),
      ...(power && {
        extension: [
          { url: 'https://musubi.example/fhir/StructureDefinition/may-grant-consent', valueBoolean: true },
        ],
      }),
      provision: { type: 'permit', actor: [actor(ref)] },
      ...changes,
    }),
    id,
  }
}

/** Returns the parts of a parameter as an object: the value of each, a list where it stands more than once. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into whatever comes
export function partsOf(parameter: any): any {
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever comes
  const found: any = {}
  for (const { name, part, ...value } of parameter.part ?? parameter.parameter ?? []) {
    const read = part ? partsOf({ part }) : (Object.values(value)[0] as { reference?: string })
    const each = read?.reference ?? read
    found[name] = name in found ? [found[name], each].flat() : each
  }
  return found
}

/** Returns the rows of $effective-access by recipient and purpose. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into whatever comes
export function rowsOf({ body }: Reply): Record<string, any> {
  const rows = [partsOf(body).access ?? []].flat()
  return Object.fromEntries(
    rows.map((row) => [
      `${row.recipient} ${row.purpose}`,
      {
        ...row,
        class: Object.fromEntries(
          [row.class].flat().map(({ type, visible, total }) => [type, `${visible} of ${total}`]),
        ),
      },
    ]),
  )
}

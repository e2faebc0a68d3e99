// A store of residents who have agreed to different things: made once for a size, and copied for each run.
import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Policy } from '../../src/access/policy.ts'
import { createSystemPolicy } from '../../src/access/system.ts'
import { createContext } from '../../src/app.ts'
import { loadConfig } from '../../src/config.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import type { AppContext } from '../../src/interactions/context.ts'
import { buildPut } from '../../src/interactions/write.ts'
import { openStore } from '../../src/store/open.ts'
import { buildDirectory, FACILITIES } from '../demo/directory.ts'
import { createRandom } from '../demo/random.ts'
import { buildResident } from '../demo/residents.ts'

/** Of every hundred residents so many permit the organisation. */
export const REQUESTERS = [
  { name: '100 %', ref: 'Organization/reader-all', share: 100 },
  { name: '50 %', ref: 'Organization/reader-half', share: 50 },
  { name: '1 %', ref: 'Organization/reader-few', share: 1 },
] as const

type Whole = Resource & { readonly id: string }

const V3 = 'http://terminology.hl7.org/CodeSystem'
const RESTRICTED = { system: `${V3}/v3-Confidentiality`, code: 'R' }
const NORMAL = { system: `${V3}/v3-Confidentiality`, code: 'N' }
const PSY = { system: `${V3}/v3-ActCode`, code: 'PSY' }
const TREAT = { system: `${V3}/v3-ActReason`, code: 'TREAT' }
const RECIPIENT = { coding: [{ system: `${V3}/v3-ParticipationType`, code: 'IRCP' }] }

/** Of the data, which begins in 2020, about half was made since. */
const SINCE = '2023-01-01'

/** What a resident permits, by number: everything, up to N, all but PSY, what was made since. */
const RULES: readonly object[] = [
  {},
  { securityLabel: [NORMAL] },
  { provision: [{ type: 'deny', securityLabel: [PSY] }] },
  { dataPeriod: { start: SINCE } },
]

/** Returns the id of resident `index`. */
export function residentId(index: number): string {
  return String(buildResident(1, index)[0]!.id)
}

/** Not as many as there are rules, so that each holds data under all of them. */
const HOLDERS = FACILITIES.slice(0, 3).map(({ id }) => `Organization/${id}`)

/** Returns who holds the data of resident `index`. */
export function holderOf(index: number): string {
  return HOLDERS[index % HOLDERS.length]!
}

/** Returns the agreement of resident `index` with `readers`. */
export function buildConsent(id: string, index: number, patient: string, readers: readonly string[]): Whole {
  const actor = readers.map((reference) => ({ role: RECIPIENT, reference: { reference } }))
  return {
    resourceType: 'Consent',
    id,
    status: 'active',
    scope: { coding: [{ system: `${V3}/consentscope`, code: 'patient-privacy' }] },
    category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }],
    patient: { reference: `Patient/${patient}` },
    dateTime: '2026-04-01',
    performer: [{ reference: `Patient/${patient}` }],
    organization: [{ reference: holderOf(index) }],
    sourceAttachment: { title: 'signed' },
    policy: [{ uri: `https://controller.example/${id}|1.0` }],
    policyRule: { coding: [{ system: `${V3}/v3-ActCode`, code: 'OPTIN' }] },
    provision: { type: 'permit', actor, purpose: [TREAT], ...RULES[index % RULES.length] },
  }
}

function buildRecord(index: number): Whole[] {
  const random = createRandom(3, index)
  const resident = buildResident(1, index).map((resource) =>
    resource.resourceType !== 'Patient' && random.chance(0.1)
      ? { ...resource, meta: { security: [RESTRICTED, PSY] } }
      : resource,
  ) as Whole[]
  // Scattered, and each rule as frequent among those who permit one organisation as among all.
  const place = (Math.floor(index / RULES.length) * 37 + (index % RULES.length) * 25) % 100
  const readers = REQUESTERS.filter(({ share }) => place < share).map(({ ref }) => ref)
  return [...resident, buildConsent(`agreed-${index}`, index, resident[0]!.id, readers)]
}

const BATCH = 4_000

async function fill(context: AppContext, count: number): Promise<number> {
  const policies = new Map<string, Policy>()
  for (const holder of HOLDERS) policies.set(holder, await createSystemPolicy('bench', context, holder))
  const organizations = REQUESTERS.map(({ ref }) => ({
    resourceType: 'Organization',
    id: ref.slice('Organization/'.length),
    name: ref,
  }))
  const put = (resource: Whole, source: string) =>
    buildPut({ context, policy: policies.get(source)!, reader: context.store }, resource, 'PUT', {
      version: null,
    }).change
  let resources = 0
  let committing: Promise<unknown> = context.store.commit(
    [...buildDirectory(), ...organizations].map((resource) => put(resource as Whole, holderOf(0))),
  )
  let batch: ReturnType<typeof put>[] = []
  for (let index = 0; index < count; index++) {
    batch.push(...buildRecord(index).map((resource) => put(resource, holderOf(index))))
    if (batch.length < BATCH && index < count - 1) continue
    resources += batch.length
    await committing
    committing = context.store.commit(batch)
    batch = []
    if (index % 1_000 < 45) process.stderr.write(`  ${resources} resources\n`)
  }
  await committing
  return resources
}

/** Returns a copy in `folder` of the store with `count` residents, about 95 resources each, which is kept for later runs. */
export async function copyConsentStore(folder: string, count: number): Promise<string> {
  const kept = join(tmpdir(), 'musubi-bench', `consent-${count}`)
  if (!existsSync(kept)) {
    const making = `${kept}.part`
    rmSync(making, { recursive: true, force: true })
    mkdirSync(making, { recursive: true })
    const config = loadConfig({ MUSUBI_STORE: `sqlite:${making}` })
    const store = await openStore(config.store)
    await fill(await createContext(config, store), count)
    await store.close()
    renameSync(making, kept)
  }
  cpSync(kept, folder, { recursive: true })
  return `sqlite:${folder}`
}

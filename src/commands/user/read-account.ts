// The flags of musubi user add as an account: whom in the store it stands for, and how that was made sure.
import { parseArgs } from 'node:util'
import type { DirectoryRecords } from '../../consent/records.ts'
import { FhirError } from '../../fhir/outcome.ts'
import type { Binding, Proofing } from '../../smart/account.ts'
import { type LoginIssuer, listLoginIssuers } from '../../smart/issuers/login-issuer.ts'
import type { Store } from '../../store/store.ts'

const OPTIONS = {
  login: { type: 'string' },
  name: { type: 'string' },
  patient: { type: 'string', multiple: true },
  practitioner: { type: 'string', multiple: true },
  'related-person': { type: 'string', multiple: true },
  proofing: { type: 'string' },
  method: { type: 'string' },
  'break-glass': { type: 'boolean' },
  language: { type: 'string' },
  openid: { type: 'string' },
} as const

const LANGUAGES = ['ja', 'en'] as const
const LEVELS = ['IAL1', 'IAL2', 'IAL3'] as const

export type UserFlags = ReturnType<typeof parseUserFlags>

/** Returns the flags; throws RangeError for what is unknown, missing or not one of what is possible. */
export function parseUserFlags(args: readonly string[]) {
  const { values, positionals } = parse(args)
  const { login, openid, language, proofing } = values
  if (login === undefined || !/^[^\s\p{C}]{1,256}$/u.test(login.trim()))
    throw new RangeError('--login must be 1 to 256 characters without spaces')
  if (positionals.length !== (openid === undefined ? 0 : 1))
    throw new RangeError('--openid takes ISSUER SUBJECT, and nothing else stands alone')
  const known = LANGUAGES.find((each) => each === language)
  if (language !== known) throw new RangeError('--language must be ja or en')
  const level = LEVELS.find((each) => each === proofing)
  if (proofing !== undefined && level === undefined)
    throw new RangeError(`--proofing must be one of ${LEVELS.join(', ')}`)
  const link = openid === undefined ? undefined : { issuer: openid, subject: positionals[0]! }
  return { ...values, login, language: known, level, link, refs: toRefs(values) }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true })
  } catch (error) {
    throw new RangeError(`user add: ${(error as Error).message}`)
  }
}

function toRefs(values: ReturnType<typeof parse>['values']): readonly string[] {
  const { patient = [], practitioner = [], 'related-person': related = [] } = values
  const refs = [
    ...patient.map((id) => `Patient/${id}`),
    ...practitioner.map((id) => `Practitioner/${id}`),
    ...related.map((id) => `RelatedPerson/${id}`),
  ]
  if (refs.length === 0) throw new RangeError('--patient, --practitioner or --related-person is needed')
  return [...new Set(refs)]
}

/**
 * Returns the bindings; throws FhirError for a resource that is not in the store, a RelatedPerson of nobody, or a provider
 * that is not set up: how well that knows a person is what goes without `--proofing`.
 */
export async function toBindings(flags: UserFlags, store: Store): Promise<readonly Binding[]> {
  const { refs, level, method, link } = flags
  const issuer = link && (await findIssuer(link.issuer, store))
  const proofing: Proofing = {
    level: level ?? issuer?.proofing ?? 'IAL1',
    method: method ?? (issuer ? 'openid' : 'operator'),
    at: Date.now(),
  }
  for (const ref of refs) await assertThere(ref, store.consents)
  return refs.map((ref) => ({ ref, proofing }))
}

async function findIssuer(issuer: string, store: Store): Promise<LoginIssuer> {
  const found = (await listLoginIssuers(store)).find((each) => each.issuer === issuer)
  if (!found)
    throw new FhirError('not-found', 'There is no such provider for logins; musubi issuer list shows all')
  return found
}

async function assertThere(ref: string, records: Pick<DirectoryRecords, 'current'>): Promise<void> {
  const resource = await records.current(ref)
  if (!resource) throw new FhirError('not-found', `There is no ${ref} in the store: put it there first`)
  const { reference } = (resource['patient'] ?? {}) as { readonly reference?: unknown }
  if (ref.startsWith('RelatedPerson/') && !/^Patient\/[^/]+$/.test(String(reference)))
    throw new FhirError('invalid', `${ref} does not name a Patient of this store in RelatedPerson.patient`)
}

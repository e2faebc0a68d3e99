// Who receives, as the directory has it now: name, address and representative. https://hl7.org/fhir/R4/organization.html
import type { Recipient } from '../../access/audit/provision.ts'
import type { Policy } from '../../access/policy.ts'
import { createSystemPolicy } from '../../access/system.ts'
import { parseJson } from '../../fhir/json.ts'
import type { Resource } from '../../fhir/resource.ts'
import type { AppContext } from '../context.ts'

interface HumanName {
  readonly text?: string
  readonly family?: string
  readonly given?: readonly string[]
}

interface Address {
  readonly text?: string
  readonly postalCode?: string
  readonly state?: string
  readonly city?: string
  readonly line?: readonly string[]
}

interface Contact {
  readonly purpose?: { readonly coding?: readonly { readonly code?: string }[] }
  readonly name?: HumanName
}

const policies = new WeakMap<AppContext, Promise<Policy>>()

// Made once: the record must name the recipient whatever the recipient may see.
function policyOf(context: AppContext): Promise<Policy> {
  const known = policies.get(context)
  if (known) return known
  const policy = createSystemPolicy('recipient of a provision', context)
  policies.set(context, policy)
  return policy
}

/** Returns what is known of `reference`; of anything but an Organization that stands here, the reference alone. */
export async function readRecipient(context: AppContext, reference: string): Promise<Recipient> {
  const [type, id] = reference.split('/')
  if (type !== 'Organization' || id === undefined) return { reference }
  const policy = await policyOf(context)
  const version = await context.store.read(policy.readPlan('Organization', id))
  if (!version?.document) return { reference }
  return { reference, ...describe(parseJson(version.document) as Resource) }
}

function describe({ name, address, contact }: Resource): Omit<Recipient, 'reference'> {
  const [place] = (address ?? []) as readonly Address[]
  const contacts = (contact ?? []) as readonly Contact[]
  const head = contacts.find(isAdministrative) ?? contacts[0]
  const representative = head?.name && toText(head.name)
  const where = place && toLine(place)
  return {
    ...(typeof name === 'string' && { name }),
    ...(where && { address: where }),
    ...(representative && { representative }),
  }
}

// https://terminology.hl7.org/CodeSystem-contactentity-type.html
function isAdministrative({ purpose }: Contact): boolean {
  return purpose?.coding?.some(({ code }) => code === 'ADMIN') ?? false
}

function toText({ text, family, given = [] }: HumanName): string {
  return text ?? [family, ...given].filter((part) => part !== undefined).join(' ')
}

// In the order of an address in Japan: from the large to the small.
function toLine({ text, postalCode, state, city, line = [] }: Address): string {
  return text ?? [postalCode, state, city, ...line].filter((part) => part !== undefined).join(' ')
}

// What an AuditEvent says to the person it concerns. https://hl7.org/fhir/R4/auditevent.html
import type { Resource } from '../../fhir/resource.ts'

export interface ToldEvent {
  /** Instant in ms. */
  readonly at: number
  /** C, R, U, D or E. */
  readonly action: string
  /** An interaction code, the name of an operation with `$`, or a code of our own. */
  readonly what: string
  readonly outcome: 'done' | 'refused' | 'failed'
  readonly client?: string
  /** `Practitioner/7`, `Patient/1` */
  readonly user?: string
  readonly organization?: string
  readonly purpose?: string
  /** How many entries of each type. */
  readonly types: ReadonlyMap<string, number>
}

interface Coding {
  readonly system?: string
  readonly code?: string
}

interface Agent {
  readonly type?: { readonly coding?: readonly Coding[] }
  readonly who?: { readonly reference?: string; readonly identifier?: { readonly value?: string } }
}

interface Entity {
  readonly what?: { readonly reference?: string }
  readonly role?: Coding
}

const DATA = '4'

/** Returns what is told of an event. */
export function readEvent(event: Resource): ToldEvent {
  const agents = (event['agent'] ?? []) as readonly Agent[]
  const find = (code: string) =>
    agents.find(({ type }) => type?.coding?.some((each) => each.code === code))?.who
  const [purpose] = (event['purposeOfEvent'] ?? []) as readonly { readonly coding?: readonly Coding[] }[]
  const told = {
    client: agents[0]?.who?.identifier?.value,
    user: find('IRCP')?.reference,
    organization: find('PROV')?.reference,
    purpose: purpose?.coding?.[0]?.code,
  }
  return {
    at: Date.parse(String(event['recorded'])),
    action: String(event['action']),
    what: toWhat(event['subtype'] as readonly Coding[]),
    outcome: OUTCOMES[String(event['outcome'])] ?? 'failed',
    ...Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined)),
    types: countTypes((event['entity'] ?? []) as readonly Entity[]),
  }
}

const OUTCOMES: Readonly<Record<string, ToldEvent['outcome']>> = { '0': 'done', '4': 'refused' }

function toWhat([first, second]: readonly Coding[]): string {
  return first?.code === 'operation' && second ? `$${second.code}` : (first?.code ?? '')
}

function countTypes(entities: readonly Entity[]): ReadonlyMap<string, number> {
  const types = new Map<string, number>()
  for (const { what, role } of entities) {
    const type = role?.code === DATA ? what?.reference?.split('/')[0] : undefined
    if (type !== undefined) types.set(type, (types.get(type) ?? 0) + 1)
  }
  return types
}

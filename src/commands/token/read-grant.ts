// The flags of musubi token as a grant, with what follows from who asks where a flag is not given.
import { randomUUID } from 'node:crypto'
import { parseArgs } from 'node:util'
import type { TokenGrant } from '../../access/principal.ts'
import type { DirectoryRecords } from '../../consent/records.ts'

const OPTIONS = {
  subject: { type: 'string' },
  patient: { type: 'string' },
  act: { type: 'string' },
  role: { type: 'string' },
  organization: { type: 'string' },
  scope: { type: 'string' },
  purpose: { type: 'string' },
  elevation: { type: 'string' },
  'legal-basis': { type: 'string' },
  expires: { type: 'string', default: '3600' },
} as const

type Flags = ReturnType<typeof parseFlags>

/** Returns the flags; throws RangeError for one that is unknown or no number of seconds. */
export function parseFlags(args: readonly string[]) {
  try {
    const { values } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: false })
    const seconds = /^\d{1,9}$/.test(values.expires) ? Number(values.expires) : 0
    if (seconds >= 1) return { ...values, seconds }
  } catch (error) {
    throw new RangeError(`token: ${(error as Error).message}`)
  }
  throw new RangeError('--expires must be a whole number of seconds, at least 1')
}

/** Returns the grant that the flags ask for; nothing of it is checked. `organization` is the server's own. */
export async function toGrant(
  flags: Flags,
  records: Pick<DirectoryRecords, 'current'>,
  organization: string,
): Promise<TokenGrant> {
  const subject = toSubject(flags)
  const [type, id] = subject.split('/')
  const isPerson = type === 'Patient' || type === 'RelatedPerson'
  const patient = flags.patient ?? (type === 'Patient' ? id : undefined)
  const { act, role, elevation } = flags
  return {
    subject,
    client: type === 'Client' ? id! : 'cli',
    scope: flags.scope ?? SCOPES[type!] ?? 'user/*.cruds',
    patient,
    organization: flags.organization ?? (isPerson ? undefined : ((await at(role, records)) ?? organization)),
    act,
    role,
    ...(elevation !== undefined && {
      elevation: {
        id: randomUUID(),
        reason: elevation,
        ...(patient !== undefined && { patient: `Patient/${patient}` }),
      },
    }),
    legalBasis: flags['legal-basis'],
    purpose: flags.purpose ?? toPurpose(type!, flags),
    expiresAt: Date.now() + flags.seconds * 1000,
  }
}

const SCOPES: Readonly<Record<string, string>> = {
  Patient: 'patient/*.cruds',
  RelatedPerson: 'patient/*.cruds',
  Client: 'system/*.cruds',
}

function toSubject({ subject, patient, scope }: Flags): string {
  if (subject !== undefined) return subject
  const isOwn = patient !== undefined && !/(^|\s)(user|system)\//.test(scope ?? '')
  return isOwn ? `Patient/${patient}` : 'Client/cli'
}

function toPurpose(type: string, { act, elevation }: Flags): string {
  if (elevation !== undefined) return 'BTG'
  if (act !== undefined || type === 'RelatedPerson') return 'FAMRQT'
  return type === 'Patient' ? 'PATRQT' : 'TREAT'
}

// The organisation that a role is with.
async function at(
  role: string | undefined,
  records: Pick<DirectoryRecords, 'current'>,
): Promise<string | undefined> {
  const document = role === undefined ? undefined : await records.current(role)
  const reference = (document?.['organization'] as { reference?: unknown } | undefined)?.reference
  return typeof reference === 'string' ? reference : undefined
}

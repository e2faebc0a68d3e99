// Makes an access token for tests, pilots and operators. https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html
import { parseArgs } from 'node:util'
import { type AuditRow, buildTaskRow } from '../access/audit.ts'
import { assertGrant } from '../access/grant.ts'
import type { TokenGrant } from '../access/principal.ts'
import { createContext } from '../app.ts'
import type { Config } from '../config.ts'
import { mintToken } from '../smart/token.ts'
import { openStore } from '../store/open.ts'

export const summary = 'Makes an access token and prints it, also while a server runs on the store.'
export const usage = `[--scope SCOPES] [--patient ID] [--subject REF] [--organization REF] [--purpose CODE] [--expires SECONDS]

  --scope         SMART scopes, separated by spaces; default: system/*.cruds
  --patient       id of the Patient that patient/ scopes are bound to
  --subject       who asks: Practitioner/ID, Patient/ID, RelatedPerson/ID or Client/NAME;
                  default: Patient/ID where every scope is a patient/ scope, else Client/cli
  --organization  Organization/ID on whose behalf
  --purpose       v3-ActReason code; default: TREAT
  --expires       seconds until it is no longer accepted; default: 3600

The token is printed once and only its SHA-256 is kept.`

const OPTIONS = {
  scope: { type: 'string', default: 'system/*.cruds' },
  patient: { type: 'string' },
  subject: { type: 'string' },
  organization: { type: 'string' },
  purpose: { type: 'string', default: 'TREAT' },
  expires: { type: 'string', default: '3600' },
} as const

/** Prints the token alone on standard output and returns 0; throws RangeError or FhirError naming a flag's fault. */
export async function run(args: readonly string[], config: Config): Promise<number> {
  const grant = readGrant(args)
  const store = await openStore(config.store)
  try {
    const { definitions, compileParams } = await createContext(config, store)
    const { token, row } = mintToken(await assertGrant(grant, { definitions, compileParams }))
    // In one transaction: no token is without its row in the access log.
    await store.commit([], {
      records: [{ kind: 'add', row }],
      ...(config.audit && { journal: [{ kind: 'audit', row: toRow(grant) }] }),
    })
    process.stdout.write(`${token}\n`)
    return 0
  } finally {
    await store.close()
  }
}

function toRow({ subject, organization, purpose, patient, scope }: TokenGrant): AuditRow {
  const given = [
    `subject=${subject}`,
    `purpose=${purpose}`,
    ...(organization ? [`organization=${organization}`] : []),
  ]
  return buildTaskRow({
    task: 'token',
    query: `token?${given.join('&')}`,
    patients: [...new Set([patient && `Patient/${patient}`, subject])].filter((ref) =>
      ref?.startsWith('Patient/'),
    ) as string[],
    scopes: scope.split(' '),
  })
}

function readGrant(args: readonly string[]): TokenGrant {
  const { scope, patient, subject, organization, purpose, expires } = readFlags(args)
  const seconds = /^\d{1,9}$/.test(expires) ? Number(expires) : 0
  if (seconds < 1) throw new RangeError('--expires must be a whole number of seconds, at least 1')
  const own = patient !== undefined && scope.split(' ').every((word) => !/^(user|system)\//.test(word))
  return {
    subject: subject ?? (own ? `Patient/${patient}` : 'Client/cli'),
    client: subject?.startsWith('Client/') ? subject.slice('Client/'.length) : 'cli',
    scope,
    patient,
    organization,
    purpose,
    expiresAt: Date.now() + seconds * 1000,
  }
}

function readFlags(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: false }).values
  } catch (error) {
    throw new RangeError(`token: ${(error as Error).message}`)
  }
}

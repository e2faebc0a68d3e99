// Makes an access token for tests, pilots and operators. https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html
import { type AuditRow, buildTaskRow } from '../access/audit.ts'
import { assertGrant } from '../access/grant.ts'
import type { TokenGrant } from '../access/principal.ts'
import { createContext } from '../app.ts'
import type { Config } from '../config.ts'
import { mintToken } from '../smart/token.ts'
import { openStore } from '../store/open.ts'
import { parseFlags, toGrant } from './token/read-grant.ts'

export const summary = 'Makes an access token and prints it, also while a server runs on the store.'
export const usage = `[--subject REF] [--patient ID] [--act REF] [--role REF] [--organization REF] [--scope SCOPES] [--purpose CODE] [--elevation REASON] [--legal-basis CODE] [--expires SECONDS]

  --subject       who asks: Practitioner/ID, PractitionerRole/ID, Patient/ID, RelatedPerson/ID or Client/NAME;
                  default: Patient/ID where --patient is given and no scope is a user/ or system/ scope, else Client/cli
  --patient       id of the Patient that patient/ scopes are bound to; default: the subject, where it is a Patient
  --act           RelatedPerson/ID who acts for the subject, a Patient, by a delegation
  --role          PractitionerRole/ID in which the subject acts; its organization is the default of --organization
  --organization  Organization/ID on whose behalf; default: MUSUBI_ORGANIZATION, and none for a Patient or RelatedPerson
  --scope         SMART scopes, separated by spaces; default: patient/*.cruds, user/*.cruds or system/*.cruds by the subject
  --purpose       v3-ActReason code or that of a registered project; default: PATRQT for a Patient, FAMRQT for a proxy,
                  BTG with --elevation, else TREAT
  --elevation     REASON of a break-glass session of at most an hour, for the record of --patient alone
  --legal-basis   code of the law that a statutory-permit policy names (musubi policy)
  --expires       seconds until it is no longer accepted; default: 3600

The token is printed once and only its SHA-256 is kept.`

/** Prints the token alone on standard output and returns 0; throws RangeError or FhirError naming a flag's fault. */
export async function run(args: readonly string[], config: Config): Promise<number> {
  const flags = parseFlags(args)
  const store = await openStore(config.store)
  try {
    const { definitions, compileParams, governance } = await createContext(config, store)
    const { purposes, timeZone } = (await governance()).vocabulary
    const grant = await toGrant(flags, store.consents, config.organization)
    const context = { definitions, compileParams, purposes, timeZone, records: store.consents }
    const { token, row } = mintToken(await assertGrant(grant, context))
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

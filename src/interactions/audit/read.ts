// read of an AuditEvent: a row of the access log, or what a client has stored. https://hl7.org/fhir/R4/http.html#read
import type { Policy } from '../../access/policy.ts'
import type { Reader } from '../../store/store.ts'
import type { AppContext } from '../context.ts'
import type { Read } from '../interaction.ts'
import { read, toFound } from '../read.ts'
import type { Result } from '../result.ts'
import { showRow, toVersion } from './entitled.ts'

/** Returns the row of that id where it may be read, else what a read of a stored AuditEvent answers. */
export async function readAuditEvent(
  context: AppContext,
  reader: Reader,
  policy: Policy,
  asked: Read,
): Promise<Result> {
  const row = await context.store.journal.find(asked.id)
  const shown = row && showRow(context, policy, 'r', row)
  return shown ? toFound(asked, toVersion(shown)) : read(reader, policy, asked)
}

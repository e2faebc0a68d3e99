// A channel by which what is hidden could be told, and what its test asserts.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { Call, Reply } from '../rest.ts'
import type { Hospitals } from './hospitals.ts'

/** One channel, the rule that closes it, and its test. */
export interface Row {
  readonly id: string
  readonly rule: string
  /** Why it fails until then. */
  readonly todo?: string
  readonly test: (t: Test, hospitals: Hospitals) => void | Promise<void>
}

/** Returns the ids of the entries of a Bundle. */
export const idsOf = ({ body }: Reply): string[] =>
  (body.entry ?? []).map(({ resource }: { resource: { id: string } }) => resource.id)

/** Asserts that a call with `hidden` in it is answered as the same with an id of nothing: the status that both have. */
export async function assertAlike(
  t: Test,
  status: number,
  ask: (id: string) => Promise<Reply>,
  hidden = 'hidden',
): Promise<void> {
  const absent = 'nothing-there'
  const [a, b] = [await ask(hidden), await ask(absent)]
  const plain = (reply: Reply, id: string) =>
    reply.text
      .replaceAll(id, 'ID')
      .replace(/[0-9a-f]{8}-[0-9a-f-]{27}|\b[0-9a-f]{16}\b|\d{4}-\d\d-\d\dT[\d:.]+Z/g, '…')
  t.equal(a.status, status)
  t.equal(b.status, status)
  t.equal(plain(a, hidden), plain(b, absent))
}

/** Asserts that a door which has no test here is not open yet. */
export async function assertClosed(t: Test, call: Call, ...paths: readonly string[]): Promise<void> {
  for (const path of paths) t.ok([400, 403, 404, 405, 501].includes((await call('GET', path)).status), path)
}

/** The smallest Condition of p1. */
export const condition = { resourceType: 'Condition', subject: { reference: 'Patient/p1' } }
/** Asserts that another test file says that it covers a row. */
export function pointsTo(t: Test, file: string, mark: string): void {
  t.match(readFileSync(join(import.meta.dirname, '../../..', file), 'utf8'), new RegExp(`\\b${mark}\\b`))
}

// Import figures: NDJSON resources per second, its memory, and single reads while an import and a full scan run.
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, existsSync, mkdirSync, renameSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateResidents } from '../demo/residents.ts'
import { encodeShot, runLoad, type Target } from './load.ts'
import { residentMiB, runCommand } from './server.ts'

/** Writes residents `0 … count-1` as NDJSON (once; kept in the temporary folder); returns the file and its line count. */
export async function writeResidents(
  seed: number,
  count: number,
): Promise<{ file: string; resources: number }> {
  const folder = join(tmpdir(), 'musubi-bench')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `residents-${seed}-${count}.ndjson`)
  const fresh = !existsSync(file)
  const out = fresh ? createWriteStream(`${file}.part`) : undefined
  let resources = 0
  for (const resident of generateResidents(seed, count)) {
    resources += resident.length
    if (out && !out.write(`${resident.map((resource) => JSON.stringify(resource)).join('\n')}\n`))
      await once(out, 'drain')
  }
  if (out) {
    out.end()
    await once(out, 'close')
    renameSync(`${file}.part`, file)
  }
  return { file, resources }
}

/** Imports `file` by the command line; returns resources per second and the peak resident memory of the process. */
export async function measureImport(store: string, file: string, resources: number) {
  let peakMiB = 0
  let timer: NodeJS.Timeout | undefined
  const started = performance.now()
  await runCommand(store, ['import', file], (child) => {
    timer = setInterval(() => {
      peakMiB = Math.max(peakMiB, residentMiBOf(child))
    }, 500)
  })
  clearInterval(timer)
  const seconds = (performance.now() - started) / 1000
  return { perSecond: resources / seconds, seconds, peakMiB }
}

function residentMiBOf(child: ChildProcess): number {
  return child.exitCode === null && child.pid ? residentMiB(child.pid) : 0
}

/** Single reads at 4 connections while `file` is imported and an unselective search counts everything again and again. */
export async function measureInterference(
  target: Target,
  store: string,
  file: string,
  ids: readonly string[],
  seconds: number,
) {
  let importer: ChildProcess | undefined
  const imported = runCommand(store, ['import', file], (child) => {
    importer = child
  }).catch(() => 'stopped')
  const scan = encodeShot(target, {
    method: 'GET',
    path: '/fhir/Observation?value-string:missing=true&_summary=count',
  })
  const scanning = runLoad(target, 1, seconds, () => scan)
  const shots = ids.map((id) => encodeShot(target, { method: 'GET', path: `/fhir/Patient/${id}` }))
  let at = 0
  const reads = await runLoad(target, 4, seconds, () => shots[at++ % shots.length]!)
  const stillImporting = importer?.exitCode === null
  const importMiB = importer ? residentMiBOf(importer) : 0
  importer?.kill('SIGTERM')
  await Promise.all([imported, scanning])
  return { reads, stillImporting, importMiB }
}

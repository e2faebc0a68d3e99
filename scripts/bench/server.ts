// Starts the real server as a second process on a store of its own, and runs its command line.
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'

export interface Server {
  readonly port: number
  readonly store: string
  readonly startedInMs: number
  /** Resident memory in MiB. */
  residentMiB(): number
  /** Seconds of processor time that it has taken, all threads together. */
  cpuSeconds(): number
  stop(): Promise<void>
}

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname

async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => probe.once('listening', resolve))
  const address = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}

/** Resident memory of a process in MiB. */
export function residentMiB(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
}

/** Processor time of a process in seconds, all threads together. */
export function cpuSeconds(pid: number): number {
  // Ticks, a hundred a second, in user and in kernel mode.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

async function waitUntilReady(port: number, child: ChildProcess): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`)
    const ready = await fetch(`http://127.0.0.1:${port}/readyz`).then(
      (reply) => reply.ok,
      () => false,
    )
    if (ready) return
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Starts `musubi serve` on `store`, with `settings` beside the usual ones, and waits until /readyz answers. */
export async function startServer(store: string, settings: NodeJS.ProcessEnv = {}): Promise<Server> {
  const port = await findFreePort()
  const started = performance.now()
  const child = spawn(process.execPath, [MAIN, 'serve'], {
    env: { ...process.env, PORT: String(port), MUSUBI_STORE: store, MUSUBI_LOG_LEVEL: 'warn', ...settings },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  await waitUntilReady(port, child)
  const startedInMs = performance.now() - started
  return {
    port,
    store,
    startedInMs,
    residentMiB: () => residentMiB(child.pid!),
    cpuSeconds: () => cpuSeconds(child.pid!),
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve())
        child.kill('SIGTERM')
      }),
  }
}

/** Runs one `musubi` command on `store`, handing each output chunk and the child on; returns what it printed. */
export async function runCommand(
  store: string,
  args: readonly string[],
  onStart?: (child: ChildProcess) => void,
): Promise<string> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...process.env, MUSUBI_STORE: store },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onStart?.(child)
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  const code = await new Promise((resolve) => child.once('exit', resolve))
  if (code !== 0) throw new Error(`musubi ${args[0]} ended with ${code}`)
  return output.trim()
}

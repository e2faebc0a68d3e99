// A closed-loop load of keep-alive HTTP/1.1 connections over bare sockets: the client must cost less than what it measures.
import { connect, type Socket } from 'node:net'

export interface Shot {
  readonly method: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
}

export interface LoadResult {
  readonly perSecond: number
  readonly requests: number
  readonly seconds: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Responses outside 200–299, by status. */
  readonly failures: Readonly<Record<number, number>>
}

export interface Target {
  readonly port: number
  readonly token?: string
}

interface Reply {
  readonly status: number
  readonly body: Buffer
}

const HEADERS_END = Buffer.from('\r\n\r\n')

/** Returns the bytes of a request, so that a repeated one is built once. */
export function encodeShot(target: Target, shot: Shot): Buffer {
  const lines = [`${shot.method} ${shot.path} HTTP/1.1`, `Host: 127.0.0.1:${target.port}`]
  if (target.token) lines.push(`Authorization: Bearer ${target.token}`)
  for (const [name, value] of Object.entries(shot.headers ?? {})) lines.push(`${name}: ${value}`)
  if (shot.body) lines.push(`Content-Length: ${shot.body.length}`)
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`)
  return shot.body ? Buffer.concat([head, shot.body]) : head
}

interface Connection {
  send(request: Buffer): Promise<Reply>
  close(): void
}

function parseReply(buffered: Buffer): { reply: Reply; rest: Buffer } | undefined {
  const end = buffered.indexOf(HEADERS_END)
  if (end < 0) return undefined
  const head = buffered.toString('latin1', 0, end)
  const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
  const stop = end + 4 + length
  if (buffered.length < stop) return undefined
  const reply = { status: Number(head.slice(9, 12)), body: buffered.subarray(end + 4, stop) }
  return { reply, rest: buffered.subarray(stop) }
}

/** Opens one connection that carries one request at a time. Rejects when the server closes it midway. */
export async function openConnection(port: number): Promise<Connection> {
  const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  let buffered: Buffer<ArrayBufferLike> = Buffer.alloc(0)
  let waiting: { resolve: (reply: Reply) => void; reject: (error: Error) => void } | undefined
  socket.on('data', (chunk: Buffer<ArrayBufferLike>) => {
    buffered = buffered.length === 0 ? chunk : Buffer.concat([buffered, chunk])
    const parsed = parseReply(buffered)
    if (!parsed) return
    buffered = parsed.rest
    waiting?.resolve(parsed.reply)
  })
  const fail = (error?: Error) => waiting?.reject(error ?? new Error('connection closed'))
  socket.on('error', fail).on('close', () => fail())
  return {
    send(request) {
      return new Promise<Reply>((resolve, reject) => {
        waiting = { resolve, reject }
        socket.write(request)
      })
    },
    close: () => void socket.destroy(),
  }
}

/** The value below which `share` of the sorted samples lie. */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  return sorted.length === 0
    ? Number.NaN
    : sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!
}

/** Runs `next()` requests back to back on each of `connections` for `seconds`, after a warm-up of a fifth of it. */
export async function runLoad(
  target: Target,
  connections: number,
  seconds: number,
  next: () => Buffer,
): Promise<LoadResult> {
  const samples: number[] = []
  const failures: Record<number, number> = {}
  const warmUntil = performance.now() + seconds * 200
  const until = warmUntil + seconds * 1000
  const client = async () => {
    const connection = await openConnection(target.port)
    for (let started = performance.now(); started < until; started = performance.now()) {
      const { status } = await connection.send(next())
      if (started < warmUntil) continue
      samples.push(performance.now() - started)
      if (status < 200 || status > 299) failures[status] = (failures[status] ?? 0) + 1
    }
    connection.close()
  }
  await Promise.all(Array.from({ length: connections }, client))
  const sorted = Float64Array.from(samples).sort()
  return {
    requests: samples.length,
    seconds,
    perSecond: samples.length / seconds,
    p50Ms: percentile(sorted, 0.5),
    p99Ms: percentile(sorted, 0.99),
    failures,
  }
}

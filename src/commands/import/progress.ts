// A progress bar on standard error: drawn over itself on a terminal, a line now and then elsewhere.

export interface Progress {
  /** `done` of `total` bytes are read and `resources` (or concepts) are stored. */
  update(done: number, total: number, resources: number): void
  /** Leaves the cursor on a fresh line. */
  end(): void
}

const WIDTH = 30
const TERMINAL_EVERY_MS = 100
const PIPE_EVERY_MS = 5000

function renderBar(share: number): string {
  const filled = Math.round(share * WIDTH)
  return `${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)}`
}

/** Returns how long `seconds` is, as `1:02:03` or `02:03`. */
export function renderDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  return parts
    .slice(parts[0] === 0 ? 1 : 0)
    .map((part) => String(part).padStart(2, '0'))
    .join(':')
}

/** Returns one line: bar, share, how many are done, rate, time left. */
export function renderProgress(done: number, total: number, resources: number, seconds: number): string {
  const share = total === 0 ? 1 : Math.min(1, done / total)
  const rate = seconds > 0 ? Math.round(resources / seconds) : 0
  const left = share > 0 && share < 1 ? `, ${renderDuration((seconds * (1 - share)) / share)} left` : ''
  const percent = `${String(Math.floor(share * 100)).padStart(3)} %`
  return `${renderBar(share)} ${percent}  ${resources.toLocaleString('en')} done, ${rate.toLocaleString('en')}/s${left}`
}

/** Starts a bar on `stream` (standard error). */
export function startProgress(stream: NodeJS.WriteStream): Progress {
  const started = performance.now()
  const everyMs = stream.isTTY ? TERMINAL_EVERY_MS : PIPE_EVERY_MS
  let drawnAt = started
  return {
    update(done, total, resources) {
      const now = performance.now()
      if (now - drawnAt < everyMs) return
      drawnAt = now
      const line = renderProgress(done, total, resources, (now - started) / 1000)
      stream.write(stream.isTTY ? `\r\u001b[K${line}` : `${line}\n`)
    },
    end() {
      if (stream.isTTY) stream.write('\r\u001b[K')
    },
  }
}

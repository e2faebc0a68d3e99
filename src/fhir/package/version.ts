// Which of several versions is meant, and which is the newest. https://hl7.org/fhir/R4/references.html#canonical

/** Returns a number below, at or above 0 as `a` is older than, the same as or newer than `b`: part by part, numbers before words; a pre-release (`1.0.0-beta`) before its release. */
export function compareVersions(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? -1 : 1
  const [x, y] = [split(a), split(b)]
  for (let at = 0; at < Math.max(x.length, y.length); at++) {
    const order = compareParts(x[at], y[at])
    if (order !== 0) return order
  }
  return 0
}

function split(version: string): readonly string[] {
  const [core = '', ...rest] = version.split('+', 1)[0]!.split('-')
  const parts = core.split('.')
  // `~` marks the end of the numbers: nothing behind it is newer than something.
  return rest.length === 0 ? [...parts, '~'] : [...parts, ...rest.join('-').split('.')]
}

function compareParts(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0
  if (a === '~' || b === '~') return orderOfEnd(a, b)
  if (a === undefined || b === undefined) return a === undefined ? -1 : 1
  const [isNumber, isOther] = [/^\d+$/.test(a), /^\d+$/.test(b)]
  if (isNumber && isOther) return Number(a) - Number(b)
  if (isNumber !== isOther) return isNumber ? 1 : -1
  return a < b ? -1 : 1
}

// `1.0` is older than `1.0.1` and newer than `1.0-beta`.
function orderOfEnd(a: string | undefined, b: string | undefined): number {
  const [ended, other] = a === '~' ? [-1, b] : [1, a]
  if (other === undefined) return 0
  return /^\d+$/.test(other) ? ended : -ended
}

/** True where `version` is the one asked for: the same, or one that begins with its parts (`1` and `1.2` for `1.2.3`). */
export function fitsVersion(version: string | undefined, wanted: string): boolean {
  return version === wanted || (version?.startsWith(`${wanted}.`) ?? false)
}

/** True where an npm dependency range of a FHIR package is met: an exact version, `1.2.x`, `*`, `latest` or `current`. */
export function fitsRange(version: string, range: string): boolean {
  if (range === '*' || range === 'latest' || range === 'current' || range === 'dev') return true
  const parts = range.replace(/^[\^~]/, '').split('.')
  const own = version.split('.')
  return parts.every((part, at) => part === 'x' || part === 'X' || part === own[at])
}

// Whether scopes that were granted hold one that is asked for. https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html
import { type Right, type Scope, toSuffix } from './scopes.ts'

/**
 * True where every right of `asked` lies within the union of `granted`: same level, same type (or `*`), and no granular
 * parameter that `asked` does not state as well, since a parameter more is narrower. Values are compared as they are
 * decoded, never reasoned about: `category=a` is not found within `category=a,b`. Doubt is no.
 */
export function covers(granted: readonly Scope[], asked: Scope): boolean {
  return coveredRights(granted, asked) === asked.rights
}

/**
 * Returns the scope strings of `asked`, in its order, that lie within `granted`: whole ones in their own spelling, partly
 * covered ones with the rights that are covered (of v1 in v1 spelling where it has one), and nothing of the others.
 */
export function narrowTo(granted: readonly Scope[], asked: readonly Scope[]): readonly string[] {
  const narrowed = asked.map((scope) => withRights(scope, coveredRights(granted, scope)))
  return [...new Set(narrowed.filter((text) => text !== undefined))]
}

function coveredRights(granted: readonly Scope[], asked: Scope): string {
  const reaching = granted.filter((scope) => isWithin(asked, scope))
  return [...asked.rights]
    .filter((right) => reaching.some(({ rights }) => rights.includes(right as Right)))
    .join('')
}

function isWithin(asked: Scope, { level, type, params }: Scope): boolean {
  if (level !== asked.level || (type !== '*' && type !== asked.type)) return false
  return params.every(([name, value]) => asked.params.some(([key, each]) => key === name && each === value))
}

function withRights(scope: Scope, kept: string): string | undefined {
  const { level, type, rights, text } = scope
  if (kept === rights) return text
  if (kept === '') return undefined
  const query = text.indexOf('?')
  return `${level}/${type}.${toSuffix(scope, kept)}${query < 0 ? '' : text.slice(query)}`
}

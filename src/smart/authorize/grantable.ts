// Which of the scopes asked for can be granted at all, before the person is asked. https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html
import { narrowTo } from '../../access/covers.ts'
import { compileScope } from '../../access/policy.ts'
import { parseScope, parseScopes, type Scope } from '../../access/scopes.ts'
import type { AppContext } from '../../interactions/context.ts'
import type { Client } from '../client.ts'

export interface Grantable {
  /** What may be done with resources. */
  readonly scopes: readonly Scope[]
  /** `openid`, `offline_access` and their like. */
  readonly others: readonly string[]
}

/** The most that is granted together with break-glass, which changes nothing (B3). */
const READING = ['patient/*.rs', 'user/*.rs']

/** Never granted together with break-glass: it does not outlast the hour, nor the presence of who asks (B3). */
const LASTING: ReadonlySet<string> = new Set(['offline_access', 'online_access'])

/**
 * Returns what of `asked` can be granted: within the client's registration, no `system/` scope (nobody is there to grant
 * it), no granular scope with a parameter that its type does not have: left out rather than widened, and no encounter where
 * none is in context.
 */
export async function toGrantable(
  { definitions, compileParams }: Pick<AppContext, 'definitions' | 'compileParams'>,
  { metadata }: Client,
  asked: string,
  { isElevated, hasEncounter }: { readonly isElevated: boolean; readonly hasEncounter: boolean },
): Promise<Grantable> {
  const { isResourceType } = definitions
  const registered = parseScopes(metadata.scope, isResourceType)
  const parse = (texts: readonly string[]) => texts.map((text) => parseScope(text, isResourceType)!)
  const { scopes, others } = parseScopes(asked, isResourceType)
  const users = scopes.filter(({ level }) => level !== 'system')
  const held = parse(narrowTo(registered.scopes, users))
  const narrowed = isElevated ? parse(narrowTo(parse(READING), held)) : held
  const compiled = await Promise.all(narrowed.map((scope) => compileScope(scope, compileParams)))
  return {
    scopes: narrowed.filter((_, i) => compiled[i] !== undefined),
    others: [...new Set(others.map(withoutRole))].filter(
      (each) =>
        registered.others.includes(each) &&
        !(isElevated && LASTING.has(each)) &&
        (hasEncounter || each !== 'launch/encounter'),
    ),
  }
}

// No role of launch context is known here: the context for the type is given without it (item 37).
function withoutRole(scope: string): string {
  return scope.startsWith('launch/') ? scope.split('?', 1)[0]! : scope
}

/** True where a Patient must be in context for these scopes (items 32, 37). */
export function needsPatient({ scopes, others }: Grantable): boolean {
  return scopes.some(({ level }) => level === 'patient') || others.includes('launch/patient')
}

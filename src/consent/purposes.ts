// Purposes of use: which covers which, and which are secondary (M6, M7, Q12). https://terminology.hl7.org/CodeSystem-v3-ActReason.html
import type { Definitions } from '../fhir/definitions.ts'
import { createHierarchy } from './hierarchy.ts'

export const ACT_REASON = 'http://terminology.hl7.org/CodeSystem/v3-ActReason'
/** The system of research projects registered with this server: children of HRESCH. */
export const PROJECTS = 'https://musubi.example/fhir/CodeSystem/project-purpose'

const ROOT = 'PurposeOfUse'
const RESEARCH = 'HRESCH'
/** U1, Q12: these and all below them. */
const SECONDARY = ['HRESCH', 'PUBHLTH', 'HMARKT', 'MARKT', 'CLINTRL', 'POPHLTH', 'TRAIN', 'HQUALIMP']
/** M6: a permit for a purpose above one of these does not reach it. */
const BARRIERS: ReadonlySet<string> = new Set(['BTG', 'CLINTRL', 'POPHLTH', 'TRAIN'])
/** Q11: in a permit these mean themselves alone. */
const EXACT: ReadonlySet<string> = new Set(['HOPERAT'])

export interface Purposes {
  /** True of a code below PurposeOfUse, of a secondary one and of a registered project: what a request may state (Q12). */
  has(code: string): boolean
  isSecondary(code: string): boolean
  /** True where a permit that names `named` covers a request for `asked` (M6). */
  permits(named: string, asked: string): boolean
  /** True where a deny that names `named` covers a request for `asked`. */
  denies(named: string, asked: string): boolean
  /** Returns the purpose that a coding names, or undefined where its system or code is unknown (A6, Q44). */
  codeOf(system: unknown, code: unknown): string | undefined
}

/** A registered research project: a system of codes that are children of HRESCH. */
export interface ProjectCodes {
  readonly system: string
  readonly codes: readonly string[]
}

/** Returns the purposes of R4's v3-ActReason with the registered projects. */
export function createPurposes(definitions: Definitions, projects: readonly ProjectCodes[] = []): Purposes {
  const reasons = createHierarchy(definitions.terminology().codeSystems[ACT_REASON]!)
  // A project may not take the name of a purpose of R4: it would be read as that purpose.
  const systems = new Map(
    projects.map(({ system, codes }) => [system, new Set(codes.filter((code) => !reasons.has(code)))]),
  )
  const projectCodes = new Set([...systems.values()].flatMap((codes) => [...codes]))
  const secondary = new Set([...SECONDARY.flatMap(reasons.below), ...projectCodes])
  // MARKT alone of them is not below PurposeOfUse.
  const purposes = new Set([...reasons.below(ROOT), ...secondary])
  purposes.delete(ROOT)
  const above = (code: string) =>
    projectCodes.has(code) ? [code, ...reasons.above(RESEARCH)] : reasons.above(code)

  return {
    has: (code) => purposes.has(code),
    isSecondary: (code) => secondary.has(code),
    permits(named, asked) {
      if (named === asked) return true
      if (EXACT.has(named)) return false
      for (const code of above(asked)) {
        if (code === named) return true
        if (BARRIERS.has(code)) return false
      }
      return false
    },
    denies: (named, asked) => above(asked).includes(named),
    codeOf(system, code) {
      if (typeof system !== 'string' || typeof code !== 'string') return undefined
      if (system === ACT_REASON) return reasons.has(code) ? code : undefined
      return systems.get(system)?.has(code) ? code : undefined
    },
  }
}

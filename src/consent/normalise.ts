// A Consent becomes a rule tree with every dimension filled in, or an unreadable one (N1 to N5). https://hl7.org/fhir/R4/consent.html
import type { Coding, Resource } from '../fhir/resource.ts'
import { ACT_CODE } from './labels.ts'
import {
  type Concept,
  openReport,
  type Problem,
  type Provision,
  type Report,
  readDimensions,
  toRef,
} from './read-dimension.ts'
import type { Dimensions, Effect, Rule, StoredConsent } from './rule.ts'
import { ALWAYS, intersect, periodSpan, type Span } from './span.ts'
import type { Vocabulary } from './vocabulary.ts'

const SCOPES = 'http://terminology.hl7.org/CodeSystem/consentscope'
/** A4: below the root. */
const MAX_DEPTH = 2

/** A reference whose target is not trusted to be one. */
interface Pointer {
  readonly reference?: unknown
}

/** A Consent as it comes; nothing of it is trusted to be valid. */
export interface ConsentResource extends Resource {
  readonly status?: string
  readonly scope?: Concept
  readonly category?: readonly Concept[]
  readonly patient?: Pointer
  readonly performer?: readonly Pointer[]
  readonly organization?: readonly Pointer[]
  readonly policy?: readonly { readonly uri?: unknown }[]
  readonly verification?: readonly { readonly verified?: unknown; readonly verifiedWith?: Pointer }[]
  readonly extension?: readonly { readonly url?: unknown; readonly valueBoolean?: unknown }[]
  readonly policyRule?: Concept
  readonly provision?: Provision
}

/** What reading a Consent's rules gives: a tree where there are no problems. */
export interface ReadRules {
  readonly optIn: boolean
  readonly root?: Rule
  readonly problems: readonly Problem[]
}

/** Returns the enforced scope of a Consent (A1), or undefined: then it is stored and never enforced. */
export function scopeOf({ scope }: ConsentResource): 'patient-privacy' | 'research' | undefined {
  const codings: readonly (Coding | null)[] = Array.isArray(scope?.coding) ? scope.coding : []
  const codes = codings.filter((coding) => coding?.system === SCOPES).map((coding) => coding?.code)
  if (codes.includes('research')) return 'research'
  return codes.includes('patient-privacy') ? 'patient-privacy' : undefined
}

/** Returns `Patient/id` of a Consent, or undefined where it names nobody of this server. */
export function patientOf({ patient }: ConsentResource): string | undefined {
  const ref = toRef(patient?.reference)
  return ref?.startsWith('Patient/') ? ref : undefined
}

/** Returns the consent as the engine holds it; undefined where it has no effect (N1, Q06, nobody's). */
export function normalise(vocabulary: Vocabulary, consent: ConsentResource): StoredConsent | undefined {
  const patient = patientOf(consent)
  if (consent.status !== 'active' || scopeOf(consent) === undefined || patient === undefined) return undefined
  const recorded = { ref: `Consent/${consent.id}`, versionId: consent.meta?.versionId, patient }
  try {
    const { optIn, root, problems } = readRules(vocabulary, consent)
    if (!root || problems.length > 0)
      return {
        kind: 'unreadable',
        ...recorded,
        problems: problems.map(({ rule, path }) => `${rule} ${path}`),
      }
    return { kind: 'agreement', ...recorded, optIn, performers: performersOf(consent), root }
  } catch (error) {
    // An object where R4 has an array and the like: nobody may be kept from deciding by one Consent that is not FHIR.
    if (!(error instanceof TypeError)) throw error
    return { kind: 'unreadable', ...recorded, problems: ['A6 Consent'] }
  }
}

function performersOf({ performer = [] }: ConsentResource): readonly string[] {
  return performer.flatMap(({ reference }) => toRef(reference) ?? [])
}

/** Returns the rules of a Consent, or the problems by which it breaks A3 to A6. */
export function readRules(vocabulary: Vocabulary, consent: ConsentResource): ReadRules {
  const { problems, report } = openReport()
  reportModifiers(consent, report)
  const decision = readPolicyRule(consent, report)
  if (!isObject(consent.provision)) {
    report(
      'A3',
      'Consent.provision',
      'provision is missing: say what is permitted or denied',
      'provisionがありません。何を許可または拒否するかを入れてください',
    )
    return { optIn: decision === 'OPTIN', problems }
  }
  const inherited = scopeOf(consent) === 'research' ? { purposes: ['HRESCH'] } : {}
  const start: Place = { path: 'Consent.provision', depth: 0, inherited, period: ALWAYS }
  const root = readRule(vocabulary, consent.provision, start, report)
  assertRoot(decision, root, report)
  return { optIn: decision === 'OPTIN', root, problems }
}

/** Reports every modifier extension of a Consent (A6). */
export function reportModifiers(consent: ConsentResource, report: Report): void {
  for (const path of modifierExtensions(consent, 'Consent'))
    report(
      'A6',
      path,
      'A modifier extension is not understood here: leave it out',
      '修飾拡張（modifierExtension）は解釈できません。取り除いてください',
    )
}

function readPolicyRule({ policyRule }: ConsentResource, report: Report): string | undefined {
  const codes = (policyRule?.coding ?? []).filter(isDecision).map(({ code }) => code)
  if (codes.length === 1 && policyRule?.coding?.length === 1) return codes[0]
  report(
    'A3',
    'Consent.policyRule',
    'policyRule must be OPTIN (a grant) or OPTOUT (a dissent) of v3-ActCode',
    'policyRuleはv3-ActCodeのOPTIN（同意）かOPTOUT（拒否）でなければなりません',
  )
  return undefined
}

function isDecision({ system, code }: Coding): boolean {
  return system === ACT_CODE && (code === 'OPTIN' || code === 'OPTOUT')
}

function assertRoot(decision: string | undefined, root: Rule, report: Report): void {
  if (decision === 'OPTOUT' && root.effect !== 'deny')
    report(
      'A3',
      'Consent.provision.type',
      'The root of a dissent (OPTOUT) must be a deny: set its type to deny, or policyRule to OPTIN if it grants',
      '拒否（OPTOUT）の根のprovisionはdenyでなければなりません。typeをdenyにするか、同意ならpolicyRuleをOPTINにしてください',
    )
  if (decision === 'OPTIN' && root.effect !== 'permit' && !root.children.some(hasPermit))
    report(
      'A3',
      'Consent.provision.type',
      'A grant (OPTIN) must permit something: set the type of the root to permit, or nest a permit in it; to refuse, set policyRule to OPTOUT',
      '同意（OPTIN）には許可が必要です。根のtypeをpermitにするか、permitのprovisionを入れ子にしてください。拒否ならpolicyRuleをOPTOUTにしてください',
    )
}

function hasPermit({ effect, children }: Rule): boolean {
  return effect === 'permit' || children.some(hasPermit)
}

/** Where a provision stands, and what it inherits (N5). */
interface Place {
  readonly path: string
  readonly depth: number
  readonly inherited: Dimensions
  readonly period: Span
}

function readRule(vocabulary: Vocabulary, provision: Provision, place: Place, report: Report): Rule {
  const { path, depth } = place
  if (depth > MAX_DEPTH)
    report(
      'A4',
      path,
      `Provisions may be nested ${MAX_DEPTH} deep below the root`,
      `provisionの入れ子は根の下${MAX_DEPTH}段までです`,
    )
  const dimensions = { ...place.inherited, ...readDimensions(vocabulary, provision, path, report) }
  const period = intersect(place.period, readPeriod(vocabulary, provision, path, report))
  const children = (provision.provision ?? []).map((child, i) =>
    readRule(
      vocabulary,
      child,
      { path: `${path}.provision[${i}]`, depth: depth + 1, inherited: dimensions, period },
      report,
    ),
  )
  return { ...dimensions, path, effect: readEffect(provision, path, report), period, children }
}

function readEffect({ type }: Provision, path: string, report: Report): Effect {
  if (type === 'permit' || type === 'deny') return type
  report(
    'A4',
    `${path}.type`,
    'type is missing: every provision, the root too, must say permit or deny',
    'typeがありません。根を含むすべてのprovisionにtype（permitかdeny）が必要です',
  )
  return 'deny'
}

/** Returns the span of a provision's period; ALWAYS where there is none, or where it is reported. */
export function readPeriod(
  { timeZone }: Pick<Vocabulary, 'timeZone'>,
  { period }: Provision,
  path: string,
  report: Report,
): Span {
  const span = period === undefined ? ALWAYS : periodSpan(period, timeZone)
  if (span) return span
  report('A6', `${path}.period`, 'The period is not a pair of dates', '期間が日付として読めません')
  return ALWAYS
}

// Anywhere in the instance, contained resources included.
function modifierExtensions(value: object, path: string): string[] {
  return Object.entries(value).flatMap(([name, child]) => {
    const at = Array.isArray(value) ? `${path}[${name}]` : `${path}.${name}`
    if (name === 'modifierExtension' && !Array.isArray(value)) return [at]
    return isObject(child) ? modifierExtensions(child, at) : []
  })
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

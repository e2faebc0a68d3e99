// The conditions that a provision states, each read into the engine's form or refused (A5, A6). https://hl7.org/fhir/R4/consent-definitions.html#Consent.provision
import { parseReference } from '../fhir/reference.ts'
import type { Coding } from '../fhir/resource.ts'
import { foldCode, tokenKey } from '../search/keys.ts'
import type { Action } from './access-request.ts'
import { ACT_CODE, CONFIDENTIALITY_SYSTEM, rankOf } from './labels.ts'
import type { ClassCode, DataMeaning, DataReference, Dimensions, Labels } from './rule.ts'
import { periodSpan } from './span.ts'
import { ACTION_SYSTEM, type Vocabulary } from './vocabulary.ts'

/** One thing that breaks a numbered rule; `path` within the Consent. */
export interface Problem {
  readonly rule: 'A1' | 'A2' | 'A3' | 'A4' | 'A5' | 'A6' | 'A7' | 'A8' | 'P3' | 'J08'
  readonly path: string
  readonly en: string
  readonly ja: string
  /** Present where it is advice and does not refuse. */
  readonly severity?: 'warning'
}

/** Takes note of a problem. */
export type Report = (
  rule: Problem['rule'],
  path: string,
  en: string,
  ja: string,
  severity?: 'warning',
) => void

/** Returns a Report, and the list that it fills. */
export function openReport(): { readonly problems: readonly Problem[]; readonly report: Report } {
  const problems: Problem[] = []
  return {
    problems,
    report: (rule, path, en, ja, severity) =>
      void problems.push({ rule, path, en, ja, ...(severity && { severity }) }),
  }
}

/** A provision as it comes: nothing of it is trusted to be valid. */
export interface Provision {
  readonly type?: unknown
  readonly period?: object
  readonly actor?: readonly {
    readonly role?: Concept
    readonly reference?: { readonly reference?: unknown }
    readonly extension?: readonly { readonly url?: unknown; readonly valueUri?: unknown }[]
  }[]
  readonly action?: readonly Concept[]
  readonly securityLabel?: readonly Coding[]
  readonly purpose?: readonly Coding[]
  readonly class?: readonly Coding[]
  readonly code?: readonly Concept[]
  readonly dataPeriod?: object
  readonly data?: readonly {
    readonly meaning?: unknown
    readonly reference?: { readonly reference?: unknown }
  }[]
  readonly provision?: readonly Provision[]
}

export interface Concept {
  readonly coding?: readonly Coding[]
}

const RESOURCE_TYPES = 'http://hl7.org/fhir/resource-types'
const URI = 'urn:ietf:rfc:3986'
const ROLES: ReadonlySet<string> = new Set([
  'http://terminology.hl7.org/CodeSystem/v3-ParticipationType|IRCP',
  'http://terminology.hl7.org/CodeSystem/v3-RoleCode|GRANTEE',
])
const ACTOR_TYPES: ReadonlySet<string> = new Set([
  'CareTeam',
  'Device',
  'Group',
  'Organization',
  'Patient',
  'Practitioner',
  'PractitionerRole',
  'RelatedPerson',
])
const MEANINGS: ReadonlySet<string> = new Set(['instance', 'related', 'dependents', 'authoredby'])

/** Returns the dimensions that `provision` itself states; what cannot be read is reported and left out. */
export function readDimensions(
  vocabulary: Vocabulary,
  provision: Provision,
  path: string,
  report: Report,
): Dimensions {
  const read: { -readonly [K in keyof Dimensions]: Dimensions[K] } = {}
  if (provision.actor)
    read.actors = provision.actor.flatMap((actor, i) => readActor(actor, `${path}.actor[${i}]`, report))
  if (provision.purpose)
    read.purposes = provision.purpose.flatMap((coding, i) =>
      readPurpose(vocabulary, coding, `${path}.purpose[${i}]`, report),
    )
  if (provision.action) read.actions = readActions(vocabulary, provision.action, path, report)
  if (provision.class)
    read.classes = provision.class.flatMap((coding, i) =>
      readClass(vocabulary, coding, `${path}.class[${i}]`, report),
    )
  if (provision.code)
    read.codes = provision.code.flatMap((concept, i) =>
      readCode(vocabulary, concept, `${path}.code[${i}]`, report),
    )
  if (provision.securityLabel) read.labels = readLabels(vocabulary, provision.securityLabel, path, report)
  if (provision.dataPeriod) {
    const span = periodSpan(provision.dataPeriod, vocabulary.timeZone)
    if (span) read.dataPeriod = span
    else report('A6', `${path}.dataPeriod`, 'The period is not a pair of dates', '期間が日付として読めません')
  }
  if (provision.data)
    read.data = provision.data.flatMap((data, i) => readData(data, `${path}.data[${i}]`, report))
  return read
}

type Actor = NonNullable<Provision['actor']>[number]

/** Reports an actor whose role is not that of who receives (A5). */
export function reportActorRole({ role }: Actor, path: string, report: Report): void {
  const codings = role?.coding ?? []
  if (codings.length === 0 || !codings.every(({ system, code }) => ROLES.has(`${system}|${code}`)))
    report(
      'A5',
      `${path}.role`,
      'An actor is who receives the data: its role must be IRCP (v3-ParticipationType) or GRANTEE (v3-RoleCode). Name a custodian in organization, an author in data with the meaning authoredby',
      'actorはデータの受け手です。roleはIRCP（v3-ParticipationType）かGRANTEE（v3-RoleCode）でなければなりません。管理者はorganizationに、作成者はdata（authoredby）に入れてください',
    )
}

function readActor(actor: Actor, path: string, report: Report): string[] {
  reportActorRole(actor, path, report)
  const ref = toRef(actor.reference?.reference)
  if (ref !== undefined && ACTOR_TYPES.has(ref.slice(0, ref.indexOf('/')))) return [ref]
  report(
    'A6',
    `${path}.reference`,
    'An actor must be a literal reference to a person, role, team, group, device or organisation of this server, not a contained one',
    'actorはこのサーバーの人・役割・チーム・グループ・機器・組織への直接の参照でなければなりません（containedは不可）',
  )
  return []
}

/** Returns `Type/id` of a literal reference to this server, its version cut off; undefined for any other. */
export function toRef(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined
  const reference = parseReference(text)
  return reference.kind === 'own' ? `${reference.type}/${reference.id}` : undefined
}

function readPurpose({ purposes }: Vocabulary, coding: Coding, path: string, report: Report): string[] {
  const code = purposes.codeOf(coding.system, coding.code)
  if (code !== undefined) return [code]
  report(
    'A6',
    path,
    'The purpose is neither a code of v3-ActReason nor of a registered project',
    '利用目的がv3-ActReasonのコードでも登録済みプロジェクトのコードでもありません',
  )
  return []
}

/** Returns the codes of the actions below `path`; what is none is reported and left out. */
export function readActions(
  vocabulary: Vocabulary,
  concepts: readonly Concept[],
  path: string,
  report: Report,
): Action[] {
  return concepts.flatMap((concept, i) => readAction(vocabulary, concept, `${path}.action[${i}]`, report))
}

function readAction(
  { actions }: Vocabulary,
  { coding = [] }: Concept,
  path: string,
  report: Report,
): Action[] {
  const known = coding.filter(
    ({ system, code }) => system === ACTION_SYSTEM && code !== undefined && actions.has(code),
  )
  if (coding.length > 0 && known.length === coding.length) return known.map(({ code }) => code as Action)
  report(
    'A6',
    path,
    'The action is not a code of http://terminology.hl7.org/CodeSystem/consentaction',
    'actionがconsentactionのコードではありません',
  )
  return []
}

function readClass(
  { isResourceType }: Vocabulary,
  { system, code }: Coding,
  path: string,
  report: Report,
): ClassCode[] {
  if (system === RESOURCE_TYPES && code !== undefined && isResourceType(code))
    return [{ kind: 'type', type: code }]
  if (system === URI && code !== undefined && code.includes(':')) return [{ kind: 'profile', url: code }]
  report(
    'A6',
    path,
    'The class is neither a resource type (http://hl7.org/fhir/resource-types) nor the canonical of a profile (urn:ietf:rfc:3986)',
    'classがリソース型でもプロファイルのURLでもありません',
  )
  return []
}

function readCode(vocabulary: Vocabulary, { coding = [] }: Concept, path: string, report: Report): string[] {
  const codes = coding.filter(({ code }) => typeof code === 'string' && code !== '')
  if (coding.length > 0 && codes.length === coding.length)
    return codes.map((each) => toCodeKey(vocabulary, each))
  report('A6', path, 'A code needs a coding to be compared with', 'コードにcodingがなく、比較できません')
  return []
}

/** Returns the key by which codings are compared: as token search compares them. */
export function toCodeKey(
  { caseSensitiveSystems }: Pick<Vocabulary, 'caseSensitiveSystems'>,
  { system, code }: Coding,
): string {
  return tokenKey(system, foldCode(caseSensitiveSystems, system, code ?? ''))
}

function readLabels(
  vocabulary: Vocabulary,
  codings: readonly Coding[],
  path: string,
  report: Report,
): Labels {
  const confidentiality: number[] = []
  const sensitivity: string[] = []
  for (const [i, { system, code = '' }] of codings.entries()) {
    // A confidentiality code without a rank opens nothing and, in a deny, covers everything.
    if (system === CONFIDENTIALITY_SYSTEM && vocabulary.confidentiality.has(code))
      confidentiality.push(rankOf(code) ?? -1)
    else if (system === ACT_CODE && vocabulary.actCodes.has(code)) sensitivity.push(code)
    else
      report(
        'A6',
        `${path}.securityLabel[${i}]`,
        'The label is neither a code of v3-Confidentiality nor a sensitivity code of v3-ActCode',
        'ラベルがv3-Confidentialityのコードでもv3-ActCodeの機微情報コードでもありません',
      )
  }
  return { confidentiality, sensitivity }
}

type Data = NonNullable<Provision['data']>[number]

function readData({ meaning, reference }: Data, path: string, report: Report): DataReference[] {
  const ref = toRef(reference?.reference)
  if (ref !== undefined && typeof meaning === 'string' && MEANINGS.has(meaning))
    return [{ meaning: meaning as DataMeaning, ref }]
  report(
    'A6',
    `${path}.reference`,
    'The data must be a literal reference to a resource of this server',
    'dataはこのサーバーのリソースへの直接の参照でなければなりません',
  )
  return []
}

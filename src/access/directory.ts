// Which kind of thing a resource type is, and whom the operator's policy lets reach it before any consent: what
// profiles/musubi/policy/administrative.json says. https://hl7.org/fhir/R4/compartmentdefinition-patient.html
import administrative from '../../profiles/musubi/policy/administrative.json' with { type: 'json' }
import type { Right } from './scopes.ts'

const CLASSES = ['directory', 'definition', 'operational', 'personal'] as const
const REACHES = ['everybody', 'shared', 'source', 'record'] as const

export type TypeClass = (typeof CLASSES)[number]

/** By what a requester with a scope reaches a resource; the words are explained in the file. */
export type Reach = (typeof REACHES)[number]

export interface ClassPolicy {
  readonly read: Reach
  readonly write: Reach
  readonly types: readonly string[]
}

/** Returns the classes of a policy file; throws TypeError for a class or reach that is missing or unknown, and a type listed twice. */
export function readClasses(file: { readonly classes: object }): Readonly<Record<TypeClass, ClassPolicy>> {
  const classes = file.classes as Readonly<Record<string, ClassPolicy | undefined>>
  const isRight = (name: string) => {
    const { read, write, types } = classes[name] ?? {}
    return REACHES.includes(read!) && REACHES.includes(write!) && Array.isArray(types)
  }
  const unknown = Object.keys(classes).find((name) => !(CLASSES as readonly string[]).includes(name))
  const wrong = unknown ?? CLASSES.find((name) => !isRight(name))
  if (wrong !== undefined) throw new TypeError(`The class ${wrong} of the administrative policy is not right`)
  const types = CLASSES.flatMap((name) => classes[name]!.types)
  if (new Set(types).size < types.length) throw new TypeError('A type is in two classes of the policy')
  return classes as Readonly<Record<TypeClass, ClassPolicy>>
}

const POLICY = readClasses(administrative)
const CLASS_OF: ReadonlyMap<string, TypeClass> = new Map(
  CLASSES.flatMap((name) => POLICY[name].types.map((type) => [type, name] as const)),
)

/** Returns the class of a resource type; whatever is not known to be shared is personal. */
export function toTypeClass(type: string): TypeClass {
  return CLASS_OF.get(type) ?? 'personal'
}

/** Returns by what a resource of the type is reached with the right; a create is not asked. */
export function toReach(type: string, right: Right): Reach {
  const { read, write } = POLICY[toTypeClass(type)]
  return right === 'r' || right === 's' ? read : write
}

/** True of types that hold nobody's personal data: in a patient's context they are readable and never writable. */
export function isUniversal(type: string): boolean {
  const of = toTypeClass(type)
  return of === 'directory' || of === 'definition'
}

/** True of types that are about people: what refers to one of them must not tell of what is hidden. */
export function isPersonal(type: string): boolean {
  return !isUniversal(type)
}

// A Consent as a grantee sees it: what it says of itself, without other actors and without data (L20). https://hl7.org/fhir/R4/consent.html
import type { Resource } from '../fhir/resource.ts'

interface Provision {
  readonly actor?: readonly { readonly reference?: { readonly reference?: unknown } }[]
  readonly data?: unknown
  readonly provision?: readonly Provision[]
}

/** Returns the Consent without actors that are none of `names`, provisions that are about others alone, data and narrative. */
export function redactConsent(consent: Resource, names: readonly string[]): Resource {
  const { provision, text: _text, ...rest } = consent as Resource & { readonly provision?: Provision }
  const shown: Resource = rest as Resource
  return provision === undefined ? shown : { ...shown, provision: redactProvision(provision, names) }
}

function redactProvision(
  { actor, data: _data, provision, ...rest }: Provision,
  names: readonly string[],
): Provision {
  const own = actor?.filter((each) => isOne(each.reference?.reference, names))
  const nested = provision
    ?.filter(
      (child) =>
        child.actor === undefined || child.actor.some((each) => isOne(each.reference?.reference, names)),
    )
    .map((child) => redactProvision(child, names))
  return {
    ...rest,
    ...(own && own.length > 0 && { actor: own }),
    ...(nested && nested.length > 0 && { provision: nested }),
  }
}

function isOne(reference: unknown, names: readonly string[]): boolean {
  return typeof reference === 'string' && names.includes(reference)
}

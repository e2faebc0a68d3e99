// Every provision of a Consent with its place in it. https://hl7.org/fhir/R4/consent-definitions.html#Consent.provision
import type { ConsentResource } from './normalise.ts'
import { type Provision, toRef } from './read-dimension.ts'

/** A provision where it stands. */
export interface Placed {
  /** `Consent.provision`, `Consent.provision.provision[0]` … */
  readonly path: string
  readonly provision: Provision
}

/** Returns every provision of the Consent, parents before children. */
export function provisionsOf({ provision }: ConsentResource): readonly Placed[] {
  return provision ? placeAll(provision, 'Consent.provision') : []
}

function placeAll(provision: Provision, path: string): readonly Placed[] {
  const below = provision.provision ?? []
  return [{ path, provision }, ...below.flatMap((child, i) => placeAll(child, `${path}.provision[${i}]`))]
}

/** A reference of a provision to something of this server. */
export interface PlacedRef {
  readonly path: string
  /** `Type/id`. */
  readonly ref: string
}

/** Returns what the actors and the data of all provisions point at; what is no reference to this server is left out. */
export function provisionRefs(consent: ConsentResource): readonly PlacedRef[] {
  return provisionsOf(consent).flatMap(({ path, provision }) =>
    (['actor', 'data'] as const).flatMap((name) =>
      (provision[name] ?? []).flatMap(({ reference }, i) => {
        const ref = toRef(reference?.reference)
        return ref === undefined ? [] : [{ path: `${path}.${name}[${i}].reference`, ref }]
      }),
    ),
  )
}

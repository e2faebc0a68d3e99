// Recipients abroad: what the person was told of their country must be on record (J08, APPI 28). https://hl7.org/fhir/R4/consent-definitions.html#Consent.provision.actor
import type { ConsentResource } from './normalise.ts'
import { readPolicyUri } from './policy-text.ts'
import { provisionsOf } from './provisions.ts'
import { type Provision, type Report, toRef } from './read-dimension.ts'

/** Extension of an actor, uri: the versioned text on the recipient's country that was shown before the consent. */
export const COUNTRY_INFORMATION =
  'https://musubi.example/fhir/StructureDefinition/recipient-country-information'

/** Reports actors abroad to whom something is permitted without the text on their country that was shown. */
export function reportForeign(
  consent: ConsentResource,
  isForeign: (ref: string) => boolean,
  report: Report,
): void {
  for (const { path, provision } of provisionsOf(consent).filter((placed) => permits(placed.provision)))
    for (const [i, actor] of (provision.actor ?? []).entries()) {
      const ref = toRef(actor.reference?.reference)
      if (ref === undefined || !isForeign(ref) || isInformed(actor)) continue
      report(
        'J08',
        `${path}.actor[${i}]`,
        `${ref} is abroad: name the versioned text on its country that the person was shown, in the extension ${COUNTRY_INFORMATION} (valueUri)`,
        `${ref}は外国にあります。本人に示したその国の情報の文書を、版とともに拡張${COUNTRY_INFORMATION}（valueUri）で示してください`,
      )
    }
}

// A permit beneath may inherit the actor.
function permits({ type, provision = [] }: Provision): boolean {
  return type === 'permit' || provision.some(permits)
}

function isInformed({ extension = [] }: NonNullable<Provision['actor']>[number]): boolean {
  return extension.some(
    ({ url, valueUri }) =>
      url === COUNTRY_INFORMATION && typeof valueUri === 'string' && readPolicyUri(valueUri) !== undefined,
  )
}

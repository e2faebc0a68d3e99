// The FHIR base as an app developer meets it. https://hl7.org/fhir/smart-app-launch/StructureDefinition-user-access-endpoint.html
import type { Resource } from '../../fhir/resource.ts'
import type { SmartContext } from '../context.ts'

/** Where the profiles of brands are. */
export const PROFILE = 'http://hl7.org/fhir/smart-app-launch/StructureDefinition'

/** Its id within the bundle. */
export const ENDPOINT = 'fhir-base'

/** Returns the Endpoint of this server. */
export function buildEndpoint({ urls, settings }: Pick<SmartContext, 'urls' | 'settings'>): Resource {
  return {
    resourceType: 'Endpoint',
    id: ENDPOINT,
    meta: { profile: [`${PROFILE}/user-access-endpoint`] },
    extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/endpoint-fhir-version', valueCode: '4.0.1' }],
    status: 'active',
    connectionType: {
      system: 'http://terminology.hl7.org/CodeSystem/endpoint-connection-type',
      code: 'hl7-fhir-rest',
    },
    name: 'FHIR R4',
    managingOrganization: { reference: settings.organization },
    contact: [{ system: 'url', value: urls.developers }],
    // R4 asks for one; there is nothing to say by it.
    payloadType: [
      {
        coding: [{ system: 'http://terminology.hl7.org/CodeSystem/endpoint-payload-type', code: 'none' }],
      },
    ],
    address: urls.base,
  }
}

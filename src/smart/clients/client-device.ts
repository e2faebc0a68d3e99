// A client as a FHIR Device of the same id, so that a Consent can name the app it permits. https://hl7.org/fhir/R4/device.html
import { createSystemPolicy } from '../../access/system.ts'
import type { Resource } from '../../fhir/resource.ts'
import type { AppContext } from '../../interactions/context.ts'
import { planUpdate } from '../../interactions/update.ts'
import type { Step } from '../../interactions/write.ts'
import type { Client } from '../client.ts'

/** The system of client ids as identifiers. */
const CLIENT_IDS = 'https://musubi.example/fhir/NamingSystem/client-id'

/** Returns the step that makes the Device say what the client is now; it comes from the organisation that runs the server. */
export async function planDevice(context: AppContext, client: Client): Promise<Step> {
  const policy = await createSystemPolicy('client registration', context, context.settings.organization)
  const resource = toDevice(client)
  return planUpdate(
    { context, policy, reader: context.store },
    { kind: 'update', type: 'Device', target: { id: client.id }, resource },
  )
}

/** Returns the Device of a client: its names, who stands behind it, and whether it may ask for anything. */
function toDevice({ id, status, metadata, organization }: Client): Resource & { readonly id: string } {
  const names = new Set([metadata.client_name, ...Object.values(metadata.client_names)])
  return {
    resourceType: 'Device',
    id,
    identifier: [{ system: CLIENT_IDS, value: id }],
    status: status === 'active' ? 'active' : 'inactive',
    deviceName: [...names].map((name) => ({ name, type: 'user-friendly-name' })),
    ...(metadata.software_version !== undefined && { version: [{ value: metadata.software_version }] }),
    ...(organization !== undefined && { owner: { reference: organization } }),
  }
}

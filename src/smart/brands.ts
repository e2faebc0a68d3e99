// Who is behind this server, for apps that let people choose where their record is. https://hl7.org/fhir/smart-app-launch/brands.html
import { createHash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { Resource } from '../fhir/resource.ts'
import { buildBrand, toPrimaryIdentifier } from './brands/brand.ts'
import { buildEndpoint, PROFILE } from './brands/endpoint.ts'
import type { SmartContext } from './context.ts'

/** When the form of the bundle last changed: its timestamp where the Organization was not changed later. */
const FORM_DATE = '2026-11-28T00:00:00.000Z'

/** Serves the bundle to everybody, again only where it has changed. */
export function registerBrands(app: FastifyInstance, context: SmartContext): void {
  app.get(`${context.urls.rootPath}/auth/brands`, async (request, reply) => {
    const body = JSON.stringify(await buildBundle(context))
    const etag = `W/"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
    reply.headers({ etag, 'cache-control': 'public, no-cache', 'x-content-type-options': 'nosniff' })
    if (isKnown(request.headers['if-none-match'], etag)) return reply.status(304).send()
    return reply.type('application/fhir+json').send(body)
  })
}

/** Returns the members by which smart-configuration leads to the bundle, and to the one brand in it that is this server's. */
export async function toBrandDiscovery(context: SmartContext): Promise<{
  readonly user_access_brand_bundle: string
  readonly user_access_brand_identifier: { readonly system: string; readonly value: string }
}> {
  return {
    user_access_brand_bundle: context.urls.brands,
    user_access_brand_identifier: toPrimaryIdentifier(context, await findOrganization(context)),
  }
}

async function buildBundle(context: SmartContext): Promise<Resource> {
  const organization = await findOrganization(context)
  const { lastUpdated } = (organization?.['meta'] ?? {}) as { readonly lastUpdated?: string }
  const resources = [buildBrand(context, organization), buildEndpoint(context)]
  return {
    resourceType: 'Bundle',
    meta: { profile: [`${PROFILE}/user-access-brands-bundle`] },
    type: 'collection',
    timestamp: later(lastUpdated, FORM_DATE),
    entry: resources.map((resource) => ({
      fullUrl: `${context.urls.base}/${resource.resourceType}/${resource['id']}`,
      resource,
    })),
  }
}

// Read as the server itself: what is taken from it is what an organisation tells everybody.
async function findOrganization({ app, settings }: SmartContext): Promise<Resource | undefined> {
  return app.store.consents.current(settings.organization)
}

function later(a: string | undefined, b: string): string {
  return a !== undefined && Date.parse(a) > Date.parse(b) ? a : b
}

function isKnown(header: string | undefined, etag: string): boolean {
  const strong = (tag: string) => tag.trim().replace(/^W\//, '')
  return (
    header !== undefined && (header.trim() === '*' || header.split(',').map(strong).includes(strong(etag)))
  )
}

// The organisation as people know it: what it tells everybody of itself, and nothing else of what is on record. https://hl7.org/fhir/smart-app-launch/StructureDefinition-user-access-brand.html
import type { Resource } from '../../fhir/resource.ts'
import type { SmartContext } from '../context.ts'
import { ENDPOINT, PROFILE } from './endpoint.ts'

type Part = Readonly<Record<string, unknown>>

const CORE = 'http://hl7.org/fhir/StructureDefinition'
const ABSENT = `${CORE}/data-absent-reason`
/** The only reasons that a brand may give. */
const REASONS = ['asked-declined', 'asked-unknown']
const URI = 'urn:ietf:rfc:3986'

/** Elements that are shown as they are on record; contacts are people, and stay. */
const SHOWN = ['active', 'type', 'name', 'alias', 'address'] as const

/** Returns the brand: of the Organization on record, or a least one that knows its address alone. */
export function buildBrand(context: SmartContext, organization: Resource | undefined): Resource {
  const { settings } = context
  const kept = SHOWN.flatMap((name) => {
    const value = toShown(organization?.[name])
    return value === undefined ? [] : [[name, value] as const]
  })
  const { lastUpdated } = (organization?.['meta'] ?? {}) as { readonly lastUpdated?: string }
  const telecom = listOf(organization?.['telecom']).filter(({ system }) => system === 'url')
  return {
    resourceType: 'Organization',
    id: settings.organization.split('/')[1]!,
    meta: { profile: [`${PROFILE}/user-access-brand`], ...(lastUpdated !== undefined && { lastUpdated }) },
    extension: [...toLooks(context, organization), ...toPortals(context, organization)],
    identifier: toIdentifiers(context, organization),
    active: true,
    name: new URL(context.urls.root).hostname,
    ...Object.fromEntries(kept),
    ...(telecom.length > 0 && { telecom: toShown(telecom) }),
    endpoint: [{ reference: `Endpoint/${ENDPOINT}` }],
  } as Resource
}

/** Returns the identifier of the brand: its web address as on record, else that of this server. */
export function toPrimaryIdentifier(
  { urls }: Pick<SmartContext, 'urls'>,
  organization: Resource | undefined,
): { readonly system: string; readonly value: string } {
  const known = listOf(organization?.['identifier']).find(
    ({ system, value }) => system === URI && typeof value === 'string' && /^https?:/.test(value),
  )
  const { protocol, host } = new URL(urls.root)
  const value = (known?.['value'] as string | undefined) ?? `${protocol}//${host.replace(/^www\./, '')}`
  return { system: URI, value }
}

// One that another identifier repeats would match twice.
function toIdentifiers(context: SmartContext, organization: Resource | undefined): readonly unknown[] {
  const primary = toPrimaryIdentifier(context, organization)
  const others = listOf(organization?.['identifier']).filter(
    ({ system, value }) => system !== primary.system || value !== primary.value,
  )
  return [primary, ...(toShown(others) as readonly unknown[])]
}

function toLooks({ urls }: SmartContext, organization: Resource | undefined): readonly Part[] {
  const url = `${CORE}/organization-brand`
  const known = withExtension(organization, url).map((brand) => withOwnLogos(urls.root, brand, 'brandLogo'))
  const reason = { extension: [{ url: ABSENT, valueCode: 'asked-unknown' }] }
  const least = {
    url,
    extension: [
      { url: 'brandLogo', _valueUrl: reason },
      { url: 'brandBundle', valueUrl: urls.brands },
    ],
  }
  return known.length > 0 ? known : [least]
}

function toPortals({ urls }: SmartContext, organization: Resource | undefined): readonly Part[] {
  const url = `${CORE}/organization-portal`
  const endpoint = { url: 'portalEndpoint', valueReference: { reference: `Endpoint/${ENDPOINT}` } }
  const known = withExtension(organization, url).map((portal) => {
    const { extension } = withOwnLogos(urls.root, portal, 'portalLogo')
    const others = listOf(extension).filter((each) => each['url'] !== 'portalEndpoint')
    return { url, extension: [...others, endpoint] }
  })
  const least = { url, extension: [{ url: 'portalUrl', valueUrl: urls.manage }, endpoint] }
  return known.length > 0 ? known : [least]
}

function withExtension(organization: Resource | undefined, url: string): readonly Part[] {
  const found = listOf(organization?.['extension']).filter((each) => each['url'] === url)
  return toShown(found) as readonly Part[]
}

// A logo from elsewhere would tell that place who is choosing.
function withOwnLogos(root: string, part: Part, name: string): Part {
  const extension = listOf(part['extension']).filter(
    ({ url, valueUrl }) => url !== name || valueUrl === undefined || String(valueUrl).startsWith(`${root}/`),
  )
  return { ...part, extension }
}

function listOf(value: unknown): readonly Part[] {
  return Array.isArray(value) ? value : []
}

/** Returns a value without what gives another reason for its absence; undefined where nothing is left. */
function toShown(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toShown).filter((each) => each !== undefined)
  if (value === null || typeof value !== 'object') return value
  const part = value as Part
  if (part['url'] === ABSENT && !REASONS.includes(String(part['valueCode']))) return undefined
  const entries = Object.entries(part).flatMap(([name, each]) => {
    const shown = toShown(each)
    return shown === undefined || (Array.isArray(shown) && shown.length === 0) ? [] : [[name, shown] as const]
  })
  return entries.length > 0 ? Object.fromEntries(entries) : undefined
}

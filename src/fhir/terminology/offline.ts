// Code systems that a grammar or a table of the platform decides, not a list of ours (V25). https://hl7.org/fhir/R4/terminologies-systems.html
import { isUcumCode } from '../ucum.ts'

/** Returns whether the system has the code; undefined for a system that is none of these. */
export function judgeOffline(system: string, code: string): boolean | undefined {
  return isOffline(system) ? JUDGES[system]!(code) : undefined
}

/** True of a system that `judgeOffline` knows. */
export function isOffline(system: string): boolean {
  return Object.hasOwn(JUDGES, system)
}

const JUDGES: Readonly<Record<string, (code: string) => boolean>> = {
  'http://unitsofmeasure.org': isUcumCode,
  'urn:ietf:bcp:47': isLanguage,
  'urn:ietf:bcp:13': isMediaType,
  'urn:iso:std:iso:3166': (code) => isRegion(code) || isSubdivision(code),
  'urn:iso:std:iso:3166:-2': isSubdivision,
  'urn:iso:std:iso:4217': isCurrency,
  'urn:ietf:rfc:3986': isUri,
}

function isLanguage(code: string): boolean {
  try {
    return code.length <= 64 && Intl.getCanonicalLocales(code).length === 1
  } catch {
    return false
  }
}

const TOKEN = "[A-Za-z0-9!#$&^_.+'*-]+"
const MEDIA_TYPE = new RegExp(`^${TOKEN}/${TOKEN}(?:\\s*;\\s*${TOKEN}=(?:[^\\s;"]+|"[^"]*"))*$`)
/** R4 has them beside media types: https://hl7.org/fhir/R4/capabilitystatement-definitions.html#CapabilityStatement.format */
const FORMATS = new Set(['xml', 'json', 'ttl', 'none'])

function isMediaType(code: string): boolean {
  return FORMATS.has(code) || (code.length <= 256 && MEDIA_TYPE.test(code))
}

const REGIONS = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' })
const NUMERIC = /^\d{3}$/

function isRegion(code: string): boolean {
  if (/^[A-Z]{2}$/.test(code)) return isAssigned(code)
  if (NUMERIC.test(code)) return REGIONS.of(code) !== undefined && isCountry(code)
  return ALPHA_3.has(code)
}

/** Codes that the platform knows beside those of the standard. */
const NOT_ASSIGNED = new Set([
  'EU',
  'EZ',
  'QO',
  'UN',
  'XA',
  'XB',
  'XK',
  'ZZ',
  'AC',
  'CP',
  'CQ',
  'DG',
  'EA',
  'IC',
  'TA',
])

function isAssigned(code: string): boolean {
  return (
    !NOT_ASSIGNED.has(code) &&
    new Intl.Locale(`und-${code}`).region === code &&
    REGIONS.of(code) !== undefined
  )
}

// A number of the United Nations is a country where the platform can turn it into letters.
function isCountry(code: string): boolean {
  const region = Intl.getCanonicalLocales(`und-${code}`)[0]?.slice(4)
  return region !== undefined && /^[A-Z]{2}$/.test(region) && isAssigned(region)
}

const ALPHA_3 = new Set(
  (
    'ABW AFG AGO AIA ALA ALB AND ARE ARG ARM ASM ATA ATF ATG AUS AUT AZE BDI BEL BEN BES BFA BGD BGR BHR BHS BIH BLM BLR BLZ BMU BOL ' +
    'BRA BRB BRN BTN BVT BWA CAF CAN CCK CHE CHL CHN CIV CMR COD COG COK COL COM CPV CRI CUB CUW CXR CYM CYP CZE DEU DJI DMA DNK DOM ' +
    'DZA ECU EGY ERI ESH ESP EST ETH FIN FJI FLK FRA FRO FSM GAB GBR GEO GGY GHA GIB GIN GLP GMB GNB GNQ GRC GRD GRL GTM GUF GUM GUY ' +
    'HKG HMD HND HRV HTI HUN IDN IMN IND IOT IRL IRN IRQ ISL ISR ITA JAM JEY JOR JPN KAZ KEN KGZ KHM KIR KNA KOR KWT LAO LBN LBR LBY ' +
    'LCA LIE LKA LSO LTU LUX LVA MAC MAF MAR MCO MDA MDG MDV MEX MHL MKD MLI MLT MMR MNE MNG MNP MOZ MRT MSR MTQ MUS MWI MYS MYT NAM ' +
    'NCL NER NFK NGA NIC NIU NLD NOR NPL NRU NZL OMN PAK PAN PCN PER PHL PLW PNG POL PRI PRK PRT PRY PSE PYF QAT REU ROU RUS RWA SAU ' +
    'SDN SEN SGP SGS SHN SJM SLB SLE SLV SMR SOM SPM SRB SSD STP SUR SVK SVN SWE SWZ SXM SYC SYR TCA TCD TGO THA TJK TKM TLS TON TTO ' +
    'TUN TUR TUV TWN TZA UGA UKR UMI URY USA UZB VAT VCT VEN VGB VIR VNM VUT WLF WSM YEM ZAF ZMB ZWE'
  ).split(' '),
)

// The country is checked; which parts it has changes from year to year, so of them only the form.
function isSubdivision(code: string): boolean {
  const match = /^([A-Z]{2})-([A-Z0-9]{1,3})$/.exec(code)
  if (!match || !isAssigned(match[1]!)) return false
  return match[1] !== 'JP' || /^(?:0[1-9]|[1-3]\d|4[0-7])$/.test(match[2]!)
}

const CURRENCIES = new Set(Intl.supportedValuesOf('currency'))

function isCurrency(code: string): boolean {
  return CURRENCIES.has(code)
}

function isUri(code: string): boolean {
  return /^[^\s\p{Cc}]+$/u.test(code)
}

// Who is asked about, and for what purpose.
import { FhirError } from '../../fhir/outcome.ts'
import { type Inputs, readText } from '../input/parameters.ts'

const REQUESTER = /^(Organization|Practitioner|PractitionerRole)\/[A-Za-z0-9.-]{1,64}$/
const RECIPIENT = /^(Organization|Practitioner|PractitionerRole|CareTeam|Group|Device)\/[A-Za-z0-9.-]{1,64}$/
const ORGANIZATION = /^Organization\/[A-Za-z0-9.-]{1,64}$/

function assertMatches(name: string, text: string | undefined, form: RegExp): string {
  if (text === undefined) throw new FhirError('invalid', `The parameter ${name} is missing`)
  if (!form.test(text)) throw new FhirError('invalid', `${name} must be a reference such as Organization/3`)
  return text
}

/** Returns the reference of an organisation or practitioner; throws FhirError `invalid` for any other, and for none. */
export function readRequester(inputs: Inputs, name: string): string {
  return assertMatches(name, readText(inputs, name), REQUESTER)
}

/** Returns the reference of anybody to whom a consent can give; throws FhirError `invalid` for any other, and for none. */
export function readRecipient(inputs: Inputs, name: string): string {
  return assertMatches(name, readText(inputs, name), RECIPIENT)
}

/** Returns the reference of an organisation, or undefined; throws FhirError `invalid` for any other. */
export function readOrganization(inputs: Inputs, name: string): string | undefined {
  const text = readText(inputs, name)
  return text === undefined ? undefined : assertMatches(name, text, ORGANIZATION)
}

/** Returns the purpose asked about; throws FhirError `invalid` for none. */
export function readPurpose(inputs: Inputs, name: string): string {
  return assertMatches(name, readText(inputs, name), /^/)
}

// An OpenID provider at which people of ours may log in, as the operator has set it up. https://openid.net/specs/openid-connect-core-1_0.html
import type { Language } from '../../fhir/outcome.ts'
import type { Store } from '../../store/store.ts'
import type { Proofing } from '../account.ts'

/** The collection of `Records` that holds issuers by their id; only those of `use: 'login'` are these. */
export const ISSUERS = 'issuer'

export interface LoginIssuer {
  readonly use: 'login'
  /** Issuer identifier: its configuration is found below it. */
  readonly issuer: string
  readonly client_id: string
  /** Sealed for the purpose `issuer`; a public client has none. */
  readonly client_secret?: string
  readonly name: string
  readonly names?: Readonly<Partial<Record<Language, string>>>
  /** One of them must have been met (`acr`). */
  readonly acr_values?: readonly string[]
  /** How well the provider knows who a person is. */
  readonly proofing: Proofing['level']
}

export interface KnownIssuer extends LoginIssuer {
  readonly id: string
}

/** Returns the providers, by id. */
export async function listLoginIssuers({ records }: Pick<Store, 'records'>): Promise<readonly KnownIssuer[]> {
  const rows = await records.list(ISSUERS)
  return rows
    .map(({ key, value }) => ({ ...(value as LoginIssuer), id: key }))
    .filter(({ use }) => use === 'login')
}

/** Returns the name of a provider in a language, or its only one. */
export function nameOfIssuer({ name, names }: LoginIssuer, language: Language): string {
  return names?.[language] ?? name
}

// Issuers that the operator trusts beside this server: to log people in, for tokens of theirs, or for what they sign about apps.
import { hash } from 'node:crypto'
import type { JsonObject } from '../json.ts'
import type { Algorithm } from '../jwk.ts'
import type { LoginIssuer } from './login-issuer.ts'

/** Where the keys of an issuer are: one of the two. */
export interface IssuerKeys {
  readonly jwks_uri?: string
  readonly jwks?: { readonly keys: readonly JsonObject[] }
  /** What it may sign with. */
  readonly algs: readonly Algorithm[]
}

/** Its access tokens are accepted at the FHIR base, within these bounds. */
export interface BearerIssuer extends IssuerKeys {
  readonly use: 'bearer'
  readonly issuer: string
  /** `Organization/3`: whom its users act for; people act for nobody. */
  readonly organization?: string
  /** Purposes a token may state; the first is that of a token that states none. */
  readonly purposes: readonly string[]
  /** SMART scopes: what a token may do at most. */
  readonly scope: string
  /** The claim that holds the reference of the user. */
  readonly subject_claim: string
}

/** What it says of an app in a software statement is believed. */
export interface SoftwareIssuer extends IssuerKeys {
  readonly use: 'software-statement'
  readonly issuer: string
}

export type Issuer = LoginIssuer | BearerIssuer | SoftwareIssuer

/** Returns the key of the row of an issuer: one for each use. */
export function toIssuerKey({ use, issuer }: Pick<Issuer, 'use' | 'issuer'>): string {
  return `${use}-${hash('sha256', issuer, 'hex').slice(0, 16)}`
}

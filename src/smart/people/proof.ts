// What a login has come to. https://www.rfc-editor.org/rfc/rfc8176
import type { Account } from '../account.ts'
import type { AuthenticationMethod } from '../session.ts'

/** Somebody has shown to be the person of an active account, by these means. */
export interface Proof {
  readonly account: Account
  readonly amr: readonly AuthenticationMethod[]
}

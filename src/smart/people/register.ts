// Everything for people who log in, in one place for the plugin.
import type { FastifyInstance } from 'fastify'
import type { SmartContext } from '../context.ts'
import { registerCredentials } from './credentials.ts'
import { registerFederated } from './federated.ts'
import { registerLogin } from './login.ts'
import { registerPasskeyOptions } from './passkey-options.ts'
import { registerReauthenticate } from './reauthenticate.ts'

/** Serves the pages on which people log in and keep what they log in with. */
export function registerPeople(app: FastifyInstance, context: SmartContext): void {
  registerLogin(app, context)
  registerReauthenticate(app, context)
  registerPasskeyOptions(app, context)
  registerFederated(app, context)
  registerCredentials(app, context)
}

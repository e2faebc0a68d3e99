// musubi client: which apps and systems may ask for tokens, and for what at most. https://www.rfc-editor.org/rfc/rfc7591
import { createContext } from '../app.ts'
import type { Config } from '../config.ts'
import { FhirError } from '../fhir/outcome.ts'
import { CLIENTS, type Client } from '../smart/client.ts'
import { approveClient, disableClient, getClient, renewSecret } from '../smart/clients/change-client.ts'
import { type Registered, registerClient } from '../smart/clients/register-client.ts'
import { toClientInformation } from '../smart/clients/registered-metadata.ts'
import type { SmartContext } from '../smart/context.ts'
import { OAuthError } from '../smart/oauth-error.ts'
import { openStore } from '../store/open.ts'
import { type Asked, parseArguments } from './client/arguments.ts'
import { readJson } from './input/read-json.ts'

export const summary = 'Adds, lists, approves and disables clients: apps and systems that ask for tokens.'
export const usage = `add METADATA.json | list | show ID | approve ID [--purpose CODE]… [--organization REF] [--scope SCOPES] | disable ID | secret ID

METADATA.json holds client metadata as RFC 7591 names them, and beside them purposes (codes such as TREAT) and organization (whom a
system acts for):
  {"client_name": "Heart", "client_name#ja": "心拍", "redirect_uris": ["https://heart.example/cb"],
   "token_endpoint_auth_method": "none", "scope": "openid fhirUser launch/patient patient/Observation.rs"}
  {"client_name": "Laboratory", "grant_types": ["client_credentials"], "token_endpoint_auth_method": "private_key_jwt",
   "jwks_uri": "https://lab.example/jwks.json", "scope": "system/Observation.cruds", "organization": "Organization/lab"}
add prints the client id, and on a second line the secret where it has one: it is shown this once. A client that registered itself
waits until it is approved: with what it has asked for (show), or with what the options say instead. A client that is disabled is
refused from the next request, also by a server that runs. secret makes a new one; the old one is refused from then on.`

/** Returns 0 where it was done, 1 where it was refused; throws RangeError for wrong arguments. */
export async function run(args: readonly string[], config: Config): Promise<number> {
  const asked = parseArguments(args)
  const metadata = asked.verb === 'add' ? readJson(asked.target!) : undefined
  const store = await openStore(config.store)
  try {
    const app = await createContext(config, store)
    process.stdout.write(await carryOut({ app, settings: config }, asked, metadata))
    return 0
  } catch (error) {
    if (!(error instanceof FhirError) && !(error instanceof OAuthError)) throw error
    process.stderr.write(`${error.message}\n`)
    return 1
  } finally {
    await store.close()
  }
}

type Context = Pick<SmartContext, 'app' | 'settings'>

// Returns what is printed.
async function carryOut(
  context: Context,
  { verb, target: id = '', decided }: Asked,
  metadata: unknown,
): Promise<string> {
  switch (verb) {
    case 'add':
      return showNew(await registerClient(context, metadata, 'operator'))
    case 'list':
      return (await context.app.store.records.list(CLIENTS))
        .map(({ value }) => toLine(value as Client))
        .join('')
    case 'show':
      return `${JSON.stringify(toClientInformation(await getClient(context, id)), null, 2)}\n`
    case 'approve':
      return toLine(await approveClient(context, id, decided))
    case 'disable':
      return toLine(await disableClient(context, id))
    case 'secret':
      return showNew(await renewSecret(context, id))
  }
}

// Each on its own line, so that a script can take them.
function showNew({ client, secret }: Registered): string {
  if (secret === undefined) return `${client.id}\n`
  process.stderr.write('The second line is the secret: it is shown this once and kept nowhere.\n')
  return `${client.id}\n${secret}\n`
}

function toLine({ id, status, metadata, purposes, organization }: Client): string {
  const { client_name: name, scope } = metadata
  return `${[id, status, name, purposes.join(' '), organization ?? '-', scope].join('\t')}\n`
}

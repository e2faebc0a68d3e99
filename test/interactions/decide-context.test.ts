// decide over what is stored says what a read comes to, in any world (4.2, PT11).
import fc from 'fast-check'
import t from 'tap'
import { createContext } from '../../src/app.ts'
import { partsOf } from '../support/consent-server.ts'
import {
  buildWorld,
  consentWorld,
  PURPOSES,
  SOURCES,
  storeFrom,
  storeOrganizations,
} from '../support/record-world.ts'
import { openClient } from '../support/rest.ts'
import { openServer } from '../support/server.ts'

const WORLDS = Number(process.env['MUSUBI_WORLDS'] ?? 40)

t.setTimeout(WORLDS * 2_000)

t.test(
  'for any stored world the decision of $explain-access is what a read by the requester answers',
  async (t) => {
    const server = await openServer(t, { MUSUBI_UNKNOWN_PROFILE: 'warning' })
    const context = await createContext(server.config, server.store)
    const admin = await openClient(server, 'system/*.rs', { purpose: 'HSYSADMIN' })
    await storeOrganizations(context)
    const asker = fc.constantFrom(
      ...SOURCES.flatMap((organization) => [{ organization }, { organization, user: true }]),
    )
    const answers = new Map<string, number>()
    let worlds = 0
    const property = fc.asyncProperty(
      consentWorld,
      asker,
      fc.constantFrom(...PURPOSES),
      async (drawn, asked, forPurpose) => {
        const resources = buildWorld(drawn, worlds++)
        for (const { source, resource } of resources) await storeFrom(context, source, resource)
        const { organization } = asked
        const isUser = 'user' in asked
        const reader = await openClient(server, isUser ? 'user/*.rs' : 'system/*.rs', {
          subject: isUser ? 'Practitioner/dr' : 'Client/x',
          client: 'x',
          organization,
          purpose: forPurpose,
        })
        const requester = isUser
          ? `requester=Practitioner/dr&organization=${organization}`
          : `requester=${organization}`
        for (const { resource } of resources) {
          const ref = `${resource.resourceType}/${resource.id}`
          const { status } = await reader('GET', ref)
          const reply = await admin('GET', `${ref}/$explain-access?${requester}&purpose=${forPurpose}`)
          const { decision, reason } = partsOf(reply.body)
          if (decision !== (status === 200 ? 'permit' : 'deny'))
            throw new Error(
              `${ref} read ${status}, explained ${decision}: ${reply.text} ${JSON.stringify({ asked, forPurpose, drawn })}`,
            )
          const { code } = [reason].flat()[0]
          answers.set(code, (answers.get(code) ?? 0) + 1)
        }
      },
    )
    await fc.assert(property, { numRuns: WORLDS, endOnFailure: true })
    t.comment(JSON.stringify(Object.fromEntries(answers)))
    for (const code of [
      'consent',
      'consent:refused',
      'default',
      'own-data',
      'hard:undelivered',
      'consent-others',
    ])
      t.ok(answers.has(code), `${code} was among the answers`)
  },
)

// D2: a person registers who treats them; an organisation cannot register itself.
import t from 'tap'
import { openClient } from '../support/rest.ts'
import { openServer } from '../support/server.ts'

const EPISODE = {
  resourceType: 'EpisodeOfCare',
  status: 'active',
  patient: { reference: 'Patient/p' },
  managingOrganization: { reference: 'Organization/b' },
}

t.test(
  'D2: an EpisodeOfCare lets its organisation read for treatment only where the person wrote it',
  async (t) => {
    const server = await openServer(t)
    const custodian = await openClient(server)
    for (const id of ['demo', 'b'])
      await custodian('PUT', `Organization/${id}`, { resourceType: 'Organization', id, name: id })
    await custodian('PUT', 'Patient/p', { resourceType: 'Patient', id: 'p' })
    const b = await openClient(server, 'system/*.cruds', { organization: 'Organization/b' })
    t.equal((await b('GET', 'Patient/p')).status, 404)
    t.equal((await b('POST', 'EpisodeOfCare', EPISODE)).status, 201)
    t.equal((await b('GET', 'Patient/p')).status, 404, 'its own word counts for nothing')
    const person = await openClient(server, 'patient/*.cruds', {
      subject: 'Patient/p',
      patient: 'p',
      purpose: 'PATRQT',
    })
    const created = await person('POST', 'EpisodeOfCare', EPISODE)
    t.equal(created.status, 201)
    t.equal((await b('GET', 'Patient/p')).status, 200)
    const billing = await openClient(server, 'system/*.rs', {
      organization: 'Organization/b',
      purpose: 'HPAYMT',
    })
    t.equal((await billing('GET', 'Patient/p')).status, 404, 'for treatment alone')
    const { id } = JSON.parse(created.text) as { id: string }
    await person('PUT', `EpisodeOfCare/${id}`, { ...EPISODE, id, status: 'finished' })
    t.equal((await b('GET', 'Patient/p')).status, 404, 'it ends at once')
  },
)

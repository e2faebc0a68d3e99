// What consents hide changes no answer (NI-1, NI-2): the same requests to a server with everything and to one with the visible alone.
import t from 'tap'
import { reading } from '../support/consented/requests.ts'
import { testNonInterference } from '../support/consented/run.ts'

testNonInterference(t, {
  title: 'whatever is hidden, every answer is that of a server without it',
  request: reading,
  requests: 13_000,
})

// What consents hide changes no answer (NI-1, NI-2): the same requests to a server with everything and to one with the visible alone.
// It goes through L01, L02, L04 to L12, L21, L23, L25 and L30 of test/http/leak-channels.test.ts with whatever the grammar draws.
import t from 'tap'
import { reading } from '../support/consented/requests.ts'
import { testNonInterference } from '../support/consented/run.ts'

testNonInterference(t, {
  title: 'whatever is hidden, every answer is that of a server without it',
  request: reading,
  requests: 12_000,
})

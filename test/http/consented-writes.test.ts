// What consents hide changes no answer to a write, and nothing that is visible after it (NI-3).
import t from 'tap'
import { request } from '../support/consented/requests.ts'
import { testNonInterference } from '../support/consented/run.ts'

testNonInterference(t, {
  title: 'whatever is hidden, writes come to what they come to without it',
  request,
  requests: 8_400,
})

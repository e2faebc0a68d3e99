// Bytes that are no HTTP request get an OperationOutcome too, and the connection ends.
import { connect } from 'node:net'
import t from 'tap'
import { openServer } from '../support/server.ts'

function exchange(port: number, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(request))
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
  })
}

const ROWS: readonly (readonly [string, string, number, RegExp])[] = [
  [
    'a URL with characters not encoded',
    'GET /fhir/Patient?name=山田 HTTP/1.1\r\nHost: a\r\n\r\n',
    400,
    /percent-encoded/,
  ],
  ['headers without end', `GET / HTTP/1.1\r\nX: ${'a'.repeat(100_000)}\r\n\r\n`, 431, /too long/],
  ['no HTTP', 'こんにちは\r\n\r\n', 400, /no HTTP request/],
]

t.test('what is no HTTP request is answered with an OperationOutcome', async (t) => {
  const { app } = await openServer(t)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as { port: number }
  for (const [what, request, status, text] of ROWS) {
    const answer = await exchange(port, request)
    const [head = '', body = ''] = answer.split('\r\n\r\n')
    t.match(head, new RegExp(`^HTTP/1.1 ${status} `), what)
    t.match(head, /application\/fhir\+json/)
    const { resourceType, issue } = JSON.parse(body) as {
      resourceType: string
      issue: { diagnostics: string }[]
    }
    t.equal(resourceType, 'OperationOutcome', what)
    t.match(issue[0]?.diagnostics, text, what)
    t.notMatch(answer, /山田|こんにちは/, 'nothing of the request is said again')
  }
  const metadata = await fetch(`http://127.0.0.1:${port}/fhir/metadata`)
  t.equal(metadata.status, 200, 'the server goes on')
  await metadata.body?.cancel()
})

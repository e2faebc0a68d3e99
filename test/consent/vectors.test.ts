// The published decision vectors, and what the command that decides files of them prints.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { createVectorVocabulary, toCase, type Vector } from '../../conformance/consent/vector.ts'
import { decide } from '../../src/consent/decide.ts'

const file = fileURLToPath(new URL('../../conformance/consent/vectors.json', import.meta.url))
const vectors = JSON.parse(readFileSync(file, 'utf8')) as readonly Vector[]
const vocabulary = createVectorVocabulary()

t.equal(vectors.length, 65)

for (const vector of vectors) {
  t.test(`${vector.id}: ${vector.title} is ${vector.expected.decision}`, async (t) => {
    const { request, facets, context } = toCase(vocabulary, vector)
    const decision = decide(request, facets, context)
    t.equal(decision.permit ? 'PERMIT' : 'DENY', vector.expected.decision)
    t.equal(decision.reason, vector.expected.reason)
  })
}

t.test('conformance/decide.ts prints the id and the decision of each vector', async (t) => {
  const script = fileURLToPath(new URL('../../conformance/decide.ts', import.meta.url))
  const lines = execFileSync(process.execPath, [script, file], { encoding: 'utf8' }).trimEnd().split('\n')
  t.same(
    lines,
    vectors.map(({ id, expected }) => `${id}\t${expected.decision}`),
  )
  const traced = execFileSync(process.execPath, [script, file, '--trace'], { encoding: 'utf8' })
  t.match(traced, /^V13\tDENY\tconsent:K\tConsent\/K#Consent\.provision\.provision\[0\]$/m)
})

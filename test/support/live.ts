// A server that really listens, so that programs and browsers of others can call it; what it serves is as in authorization.ts.
import type { Test } from 'tap'
import { openSmartServer, type SmartServer } from './authorization.ts'
import { freePort } from './free-port.ts'
import { openClient } from './rest.ts'

/** Opens a server at `http://localhost:PORT/fhir`; closed when the test ends. */
export async function openLiveServer(t: Test, environment: NodeJS.ProcessEnv = {}): Promise<SmartServer> {
  const port = await freePort()
  const server = await openSmartServer(t, {
    MUSUBI_BASE_URL: `http://localhost:${port}/fhir`,
    ...environment,
  })
  await server.app.listen({ port, host: 'localhost' })
  return server
}

export const HEART_RATE = '8867-4'
export const WEIGHT = '29463-7'

/** Opens a server with a heart rate and a weight of Patient/p1, put there by the hospital. */
export async function openMeasuredServer(t: Test, environment: NodeJS.ProcessEnv = {}): Promise<SmartServer> {
  const server = await openLiveServer(t, environment)
  const put = await openClient(server)
  for (const each of [measurement(HEART_RATE, 64, '/min'), measurement(WEIGHT, 61, 'kg')]) {
    const { status, text } = await put('POST', '/Observation', each)
    if (status !== 201) throw new Error(text)
  }
  return server
}

/** Returns one value of Patient/p1, measured on a day of October 2026. */
export function measurement(code: string, value: number, unit: string, day = 1) {
  return {
    resourceType: 'Observation',
    status: 'final',
    category: [
      {
        coding: [
          { system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'vital-signs' },
        ],
      },
    ],
    code: { coding: [{ system: 'http://loinc.org', code }] },
    subject: { reference: 'Patient/p1' },
    effectiveDateTime: `2026-10-${String(day).padStart(2, '0')}T09:00:00+09:00`,
    valueQuantity: { value, unit, system: 'http://unitsofmeasure.org', code: unit },
  }
}

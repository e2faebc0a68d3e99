// FHIR packages for tests: a tar archive in gzip, made of the files of a table.
import { gzipSync } from 'node:zlib'

/** Returns a `.tgz` of `files` by name. */
export function packTgz(files: Readonly<Record<string, string | object>>): Buffer {
  const parts = Object.entries(files).flatMap(([name, content]) => {
    const bytes = Buffer.from(typeof content === 'string' ? content : JSON.stringify(content))
    return [toHeader(name, bytes.length), bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]
  })
  return gzipSync(Buffer.concat([...parts, Buffer.alloc(1024)]))
}

function toHeader(name: string, size: number): Buffer {
  const header = Buffer.alloc(512)
  header.write(name, 0, 100)
  header.write('0000644\0', 100)
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124)
  header.write('        ', 148)
  header.write('0', 156)
  header.write('ustar\0', 257)
  let sum = 0
  for (const byte of header) sum += byte
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return header
}

/** Returns a manifest. */
export function manifest(name: string, version: string, more: object = {}): object {
  return { name, version, fhirVersions: ['4.0.1'], dependencies: {}, ...more }
}

/** Returns a profile on Patient that makes one element required, as a differential. */
export function requiring(url: string, element: string, more: object = {}): Record<string, unknown> {
  return {
    resourceType: 'StructureDefinition',
    url,
    name: 'Requiring',
    status: 'active',
    kind: 'resource',
    abstract: false,
    type: 'Patient',
    baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Patient',
    derivation: 'constraint',
    differential: { element: [{ id: `Patient.${element}`, path: `Patient.${element}`, min: 1 }] },
    ...more,
  }
}

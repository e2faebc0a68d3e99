// URIs as written: case and every character matter. https://hl7.org/fhir/R4/search.html#uri
import { shorten } from '../keys.ts'
import { type CompileValue, isText } from './context.ts'

const TYPES = new Set(['uri', 'url', 'canonical', 'oid', 'uuid'])

/** The URI as written; a canonical with a version also without it. */
export const compileUri: CompileValue = ({ emit }, param, { type }) => {
  if (!TYPES.has(type)) return undefined
  return (value) => {
    if (!isText(value)) return
    const key = shorten(value)
    emit(param, key, key)
    const bar = type === 'canonical' ? value.lastIndexOf('|') : -1
    if (bar <= 0) return
    const url = shorten(value.slice(0, bar))
    emit(param, url, url)
  }
}

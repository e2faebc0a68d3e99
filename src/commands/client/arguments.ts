// The arguments of musubi client.
import { parseArgs } from 'node:util'
import type { Decided } from '../../smart/clients/change-client.ts'

const VERBS = ['add', 'list', 'show', 'approve', 'disable', 'secret'] as const
type Verb = (typeof VERBS)[number]

export interface Asked {
  readonly verb: Verb
  /** A file or the id of a client; `list` has none. */
  readonly target?: string
  readonly decided: Decided
}

const OPTIONS = {
  purpose: { type: 'string', multiple: true },
  organization: { type: 'string' },
  scope: { type: 'string' },
} as const

/** Returns what is asked for; throws RangeError where that is not clear. */
export function parseArguments(args: readonly string[]): Asked {
  const { values, positionals } = parse(args)
  const [word, target, ...rest] = positionals
  const verb = VERBS.find((each) => each === word)
  if (!verb || rest.length > 0 || (verb === 'list') !== (target === undefined))
    throw new RangeError(
      'client takes add METADATA.json, list, show ID, approve ID, disable ID, or secret ID',
    )
  if (verb !== 'approve' && Object.keys(values).length > 0)
    throw new RangeError('--purpose, --organization and --scope go with approve')
  const { purpose: purposes, ...others } = values
  return {
    verb,
    ...(target !== undefined && { target }),
    decided: { ...others, ...(purposes && { purposes }) },
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true })
  } catch (error) {
    throw new RangeError(`client: ${(error as Error).message}`)
  }
}

// What was measured, as a table: figure, unit, ratio to the ceiling of the same run.
import { cpus, totalmem } from 'node:os'

export interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** Ceiling or goal in the same unit, and what it is. */
  readonly against?: { readonly value: number; readonly what: string }
  /** `least`: the value should be at least this; `most`: at most. */
  readonly goal?: { readonly kind: 'least' | 'most'; readonly value: number }
}

/** Returns the machine in one line: processor, cores, memory, Node. */
export function describeMachine(): string {
  const cores = cpus()
  return `${cores[0]?.model ?? 'unknown processor'}, ${cores.length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`
}

function round(value: number): string {
  if (Number.isNaN(value)) return '–'
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(2)
}

function judge({ goal, value }: Figure): string {
  if (!goal) return ''
  const met = goal.kind === 'least' ? value >= goal.value : value <= goal.value
  return `${met ? 'met' : 'missed'} (${goal.kind === 'least' ? '≥' : '≤'} ${round(goal.value)})`
}

/** Returns a Markdown table of the figures. */
export function renderFigures(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => {
    const ratio = figure.against
      ? `${((100 * figure.value) / figure.against.value).toFixed(0)} % of ${figure.against.what} (${round(figure.against.value)})`
      : ''
    return `| ${figure.name} | ${round(figure.value)} ${figure.unit} | ${ratio} | ${judge(figure)} |`
  })
  return ['| Figure | Measured | Ratio | Goal |', '|---|---|---|---|', ...rows].join('\n')
}

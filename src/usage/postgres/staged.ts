import { nextTurn } from '~/turns.ts'
import type { Addition } from './plan.ts'

/** Lines that are read before requests are answered again. */
const LINES_PER_TURN = 1000

/**
 * Formats the additions of a batch as lines. The first addition to a row since `known` was empty has its
 * facts. Any other only refers to that row: `nth,lastAtMs,count`.
 */
export function formatStaged(additions: readonly Addition[], known: ReadonlySet<number>): string {
  return additions.map((addition) => formatLine(addition, known)).join('\n')
}

function formatLine(addition: Addition, known: ReadonlySet<number>): string {
  const { facts, atMs, lastAtMs, count, isLate, nth, isNew } = addition
  if (nth !== null && known.has(nth)) return `${nth},${lastAtMs},${count}`
  return `${nth ?? ''},${lastAtMs},${count},${atMs},${isLate ? 1 : 0},${isNew ? 1 : 0}${facts}`
}

/** Returns the additions of staged batches, in their order. All of one batch to a row are one addition. */
export async function mergeStaged(texts: readonly string[]): Promise<readonly Addition[]> {
  const merged = createMerged()
  let lines = 0
  for (const text of texts) {
    for (const line of text.split('\n')) {
      merged.add(line)
      lines += 1
      if (lines % LINES_PER_TURN === 0) await nextTurn()
    }
  }
  return merged.list()
}

interface Merging extends Addition {
  count: number
  lastAtMs: number
}

function createMerged() {
  const rows = new Map<number, Merging>()
  const counted: Addition[] = []

  function begin(line: string, end: number): Merging {
    const [nth = '', lastAtMs, count, atMs, isLate, isNew] = line.slice(0, end).split(',')
    return {
      facts: line.slice(end),
      atMs: Number(atMs),
      lastAtMs: Number(lastAtMs),
      count: Number(count),
      isLate: isLate === '1',
      nth: nth === '' ? null : Number(nth),
      isNew: isNew === '1',
    }
  }

  function continueRow(nth: number, lastAtMs: number, count: number): void {
    const row = rows.get(nth)
    if (row === undefined) throw new Error(`A staged batch continues the unknown row ${nth}.`)
    row.count += count
    row.lastAtMs = Math.max(row.lastAtMs, lastAtMs)
  }

  return {
    add(line: string): void {
      const end = line.indexOf('[')
      if (end === -1) {
        const [nth, lastAtMs, count] = line.split(',')
        continueRow(Number(nth), Number(lastAtMs), Number(count))
        return
      }
      const addition = begin(line, end)
      if (addition.nth === null) counted.push(addition)
      else if (rows.has(addition.nth)) {
        continueRow(addition.nth, addition.lastAtMs, addition.count)
      } else rows.set(addition.nth, addition)
    },
    list: (): readonly Addition[] => [...rows.values(), ...counted],
  }
}

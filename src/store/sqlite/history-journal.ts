import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { appendFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Journal } from '../recorder.ts'

const NAME = /^history-(\d+)\.journal$/

/** A batch that the history may lack, as a process left it that did not end well. */
export interface LeftBatch {
  readonly number: number
  readonly entries: readonly string[]
}

/** A file for each batch, an entry a line, written off the event loop and in order. */
export function createJournal(
  directory: string,
  {
    lastBatch,
    onError,
  }: { readonly lastBatch: number; readonly onError: (error: unknown) => void },
): Journal & { close(): Promise<void> } {
  let forgotten = lastBatch
  let writing: Promise<void> = Promise.resolve()
  const soon = (step: () => Promise<void>) => {
    writing = writing.then(step).catch(onError)
  }

  return {
    append: (batchNumber, entry) =>
      // A line feed first, so that what a full disk cut off spoils no entry but its own.
      soon(() => appendFile(pathOf(directory, batchNumber), `\n${entry}`, { mode: 0o600 })),
    forget: (batchNumber) =>
      soon(async () => {
        for (; forgotten < batchNumber; forgotten += 1) {
          await rm(pathOf(directory, forgotten + 1), { force: true })
        }
      }),
    close: () => writing,
  }
}

/** In the order of their coming; what was cut off while it was being written is left out. */
export function readJournal(directory: string): readonly LeftBatch[] {
  return listNumbers(directory).map((number) => {
    const lines = readFileSync(pathOf(directory, number), 'utf8').split('\n')
    return { number, entries: lines.filter(isEntry) }
  })
}

export function removeJournal(directory: string): void {
  for (const number of listNumbers(directory)) rmSync(pathOf(directory, number))
}

function listNumbers(directory: string): readonly number[] {
  const numbers = readdirSync(directory).flatMap((name) => NAME.exec(name)?.[1] ?? [])
  return numbers.map(Number).sort((one, other) => one - other)
}

function isEntry(line: string): boolean {
  try {
    const { kept, counted, sightings } = JSON.parse(line) as Record<string, unknown>
    return [kept, counted, sightings].every(Array.isArray)
  } catch {
    return false
  }
}

function pathOf(directory: string, batchNumber: number): string {
  return join(directory, `history-${batchNumber}.journal`)
}

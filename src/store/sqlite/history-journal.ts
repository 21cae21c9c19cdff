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
        while (forgotten < batchNumber) await rm(pathOf(directory, ++forgotten), { force: true })
      }),
    close: () => writing,
  }
}

/** In the order of their coming; what was cut off while it was being written is left out. */
export function readJournal(directory: string): readonly LeftBatch[] {
  const numbers = readdirSync(directory).flatMap((name) => NAME.exec(name)?.[1] ?? [])
  return numbers
    .map((digits) => {
      const number = Number(digits)
      const lines = readFileSync(pathOf(directory, number), 'utf8').split('\n')
      return { number, entries: lines.filter(isWhole) }
    })
    .sort((one, other) => one.number - other.number)
}

function isWhole(line: string): boolean {
  try {
    return JSON.parse(line) !== null
  } catch {
    return false
  }
}

export function removeJournal(directory: string): void {
  for (const { number } of readJournal(directory)) rmSync(pathOf(directory, number))
}

function pathOf(directory: string, batchNumber: number): string {
  return join(directory, `history-${batchNumber}.journal`)
}

import type { Context } from './context.ts'
import { type Evidence, judge, openRecord, type Ruling } from './judge.ts'
import { type LicenseRecord, nameRecord, parseRecord } from './record.ts'
import type { State } from './state.ts'
import type { Subject } from './subjects.ts'

const changes = new WeakMap<Context, Map<string, Promise<unknown>>>()

/** Reads the record of a subject. A damaged or missing one is empty. */
export async function loadEvidence(context: Context, subject: Subject): Promise<Evidence> {
  const { store, publicKeys, platform } = context
  const record = parseRecord(await store.get(nameRecord(subject)))
  return openRecord(record, publicKeys, platform.verifySignature)
}

/**
 * Changes the record of a subject, one change after the other. It is read right before, since another
 * process may have changed it, and written only if `change` returns another record.
 */
export async function changeRecord<Result extends { readonly record: LicenseRecord }>(
  context: Context,
  subject: Subject,
  change: (evidence: Evidence) => Result | Promise<Result>,
): Promise<Result> {
  const name = nameRecord(subject)
  return takeTurn(context, name, async () => {
    const evidence = await loadEvidence(context, subject)
    const result = await change(evidence)
    if (result.record !== evidence.record) {
      await context.store.put(name, JSON.stringify(result.record))
    }
    return result
  })
}

export async function deleteRecord(context: Context, subject: Subject): Promise<void> {
  const name = nameRecord(subject)
  await takeTurn(context, name, async () => context.store.delete(name))
}

/** Judges a license by its record alone. */
export function judgeRecord(context: Context, subject: Subject): Promise<Ruling> {
  return changeRecord(context, subject, (evidence) =>
    judge(evidence, context.now(), null, { ...context, ...subject }),
  )
}

/** Whether a record decides. A server that does not answer is then asked only once. */
export function isUsable(state: State): boolean {
  return state.status !== 'unknown'
}

/** Runs a change after those of the same record that came before. */
async function takeTurn<Result>(context: Context, name: string, run: () => Promise<Result>) {
  const queue = changes.get(context) ?? new Map<string, Promise<unknown>>()
  changes.set(context, queue)
  const previous = queue.get(name) ?? Promise.resolve()
  const turn = previous.then(run, run)
  queue.set(name, turn)
  try {
    return await turn
  } finally {
    if (queue.get(name) === turn) queue.delete(name)
  }
}

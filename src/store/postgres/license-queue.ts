import { Fault } from '~/domain/faults.ts'
import type { Changed } from '../port.ts'
import { stopping, tooBusy } from '../shared/faults.ts'
import type { Engine } from './engine.ts'
import { decideTogether, type LicenseCommand, type Line } from './license-waves.ts'

/** Commands of one transaction. They share its locks, its statements and its sync to disk. */
const GROUP_MAX = 100
/** Transactions of several commands at the same time. More would leave fewer commands to each. */
const GROUPS_MAX = 2
/** Commands that may wait. Any more are refused, so that memory use stays limited. */
const WAITING_MAX = 20_000

/** A command of any result, and the promise that waits for it. */
interface WaitingCommand extends LicenseCommand<unknown> {
  readonly resolve: (changed: Changed<unknown> | null) => void
  readonly reject: (error: unknown) => void
}

export type LicenseQueue = ReturnType<typeof createLicenseQueue>

/**
 * Runs commands about licenses, several in one transaction. Those about the same license run in order,
 * and wait for each other in this process rather than for a lock.
 */
export function createLicenseQueue(engine: Engine) {
  const lines = createLines()
  const groups = new Set<Promise<void>>()
  const alone = new Set<Promise<void>>()
  let isEnding = false
  let isScheduled = false

  /** Commands that arrive in the same turn of the event loop share the first transaction as well. */
  function schedule(): void {
    if (isScheduled) return
    isScheduled = true
    queueMicrotask(start)
  }

  function start(): void {
    isScheduled = false
    while (groups.size < GROUPS_MAX) {
      const group = lines.take()
      if (group.length === 0) return
      track(groups, runGroup(group))
    }
  }

  function track(works: Set<Promise<void>>, work: Promise<void>): void {
    const tracked = work.finally(() => {
      works.delete(tracked)
      schedule()
    })
    works.add(tracked)
  }

  async function runGroup(group: readonly Line<WaitingCommand>[]): Promise<void> {
    const left = await runTogether(engine, group)
    for (const { id } of group) if (!left.some((line) => line.id === id)) lines.release(id)
    for (const line of left) track(alone, runAlone(line))
  }

  async function runAlone({ id, commands }: Line<WaitingCommand>): Promise<void> {
    for (const command of commands) await runTogether(engine, [{ id, commands: [command] }])
    lines.release(id)
  }

  return {
    /** Resolves when the command is durable; with null if there is no such license. */
    run<Result>(command: LicenseCommand<Result>): Promise<Changed<Result> | null> {
      if (isEnding) return Promise.reject(stopping())
      if (lines.count() >= WAITING_MAX) return Promise.reject(tooBusy())
      const { promise, resolve, reject } = Promise.withResolvers<Changed<Result> | null>()
      lines.add({
        ...(command as LicenseCommand<unknown>),
        resolve: (changed) => resolve(changed as Changed<Result> | null),
        reject,
      })
      schedule()
      return promise
    },
    /** Accepts no more commands, and resolves when none is running. */
    end: async () => {
      isEnding = true
      while (groups.size + alone.size + lines.count() > 0) {
        await Promise.allSettled([...groups, ...alone])
      }
    },
  }
}

/** Commands that wait, by license. None is taken while others about its license run. */
function createLines() {
  const waiting = new Map<string, WaitingCommand[]>()
  const free = new Set<string>()
  const running = new Set<string>()
  let count = 0
  return {
    count: () => count,
    add(command: WaitingCommand): void {
      waiting.getOrInsertComputed(command.id, () => []).push(command)
      count += 1
      if (!running.has(command.id)) free.add(command.id)
    },
    take(): readonly Line<WaitingCommand>[] {
      const taken: Line<WaitingCommand>[] = []
      let left = GROUP_MAX
      for (const id of free) {
        if (left === 0) break
        const line = waiting.get(id) ?? []
        const commands = line.splice(0, left)
        if (line.length === 0) waiting.delete(id)
        free.delete(id)
        running.add(id)
        left -= commands.length
        taken.push({ id, commands })
      }
      count -= GROUP_MAX - left
      return taken
    },
    release(id: string): void {
      running.delete(id)
      if (waiting.has(id)) free.add(id)
    },
  }
}

/**
 * Runs the commands in one transaction, and settles them. Returns the lines to run alone: another server is
 * busy with their license, or a command has failed in a way that undoes all.
 */
async function runTogether(
  engine: Engine,
  group: readonly Line<WaitingCommand>[],
): Promise<readonly Line<WaitingCommand>[]> {
  const commands = group.flatMap((line) => line.commands)
  try {
    const counters = await engine.readCounters(group.map(({ id }) => id))
    const { outcomes, locked } = await engine.transact((tx) => decideTogether(tx, group, counters))
    for (const [command, outcome] of outcomes) {
      if ('error' in outcome) command.reject(outcome.error)
      else command.resolve(outcome.changed)
    }
    return group.filter(({ id }) => locked.has(id))
  } catch (error) {
    const isAway = error instanceof Fault && error.kind === 'unavailable'
    if (commands.length > 1 && !isAway) return group
    for (const command of commands) command.reject(error)
    return []
  }
}

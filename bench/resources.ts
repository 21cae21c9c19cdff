import { readFileSync } from 'node:fs'

/** Linux counts CPU time in ticks of this length, on all of its platforms. */
const TICK_MS = 10
/** Longer than Licet waits before it writes in the background. */
const IDLE_WINDOW_MS = 1200
/** The most that timers use in that time. */
const IDLE_CPU_MS = 30
const IDLE_WINDOWS_MAX = 100

/** Returns the CPU time that a process has used, with all of its threads. */
export function readCpuMs(pid: number): number {
  if (process.platform !== 'linux') return parseCpuTime(runPs(pid, 'cputime='))
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name of the program, in parentheses, may contain spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS
}

export function readResidentBytes(pid: number): number {
  return Number(runPs(pid, 'rss=')) * 1024
}

/** Resolves once a process has nothing left to do. */
export async function waitUntilIdle(pid: number): Promise<void> {
  for (let window = 0; window < IDLE_WINDOWS_MAX; window += 1) {
    const before = readCpuMs(pid)
    await Bun.sleep(IDLE_WINDOW_MS)
    if (readCpuMs(pid) - before <= IDLE_CPU_MS) return
  }
  throw new Error(`Process ${pid} is never idle.`)
}

function runPs(pid: number, column: string): string {
  return Bun.spawnSync(['ps', '-o', column, '-p', String(pid)])
    .stdout.toString()
    .trim()
}

/** Parses `[[days-]hours:]minutes:seconds.hundredths`. */
function parseCpuTime(text: string): number {
  const [seconds = 0, minutes = 0, hours = 0, days = 0] = text
    .split(/[-:]/)
    .map(Number)
    .toReversed()
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000
}

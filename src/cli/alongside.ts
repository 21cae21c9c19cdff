import type { Deps } from '~/deps.ts'
import type { Settings } from '~/platform/config.ts'
import { openRuntimeAlongside } from '~/server/runtime.ts'
import type { CommandContext } from '~/store/port.ts'

/** Works on the data directory beside a server that may be running, and closes it afterwards. */
export async function runAlongside<Result>(
  settings: Settings,
  work: (deps: Deps) => Promise<Result>,
): Promise<Result> {
  const runtime = openRuntimeAlongside(settings)
  try {
    return await work(runtime.deps)
  } finally {
    await runtime.close()
  }
}

/** Who has a shell on the machine may do everything, and is known by no other name. */
export function commandLineContext<Result>(nowMs: number): CommandContext<Result> {
  return { actor: 'shell', requestId: 'shell', nowMs, idempotency: null }
}

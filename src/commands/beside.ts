import type { Settings } from '~/config.ts'
import type { Deps } from '~/deps.ts'
import { openRuntimeBeside } from '~/runtime.ts'
import type { CommandContext } from '~/store/port.ts'

/** Works on the data directory beside a server that may be running, and closes it afterwards. */
export async function workBeside<Result>(
  settings: Settings,
  work: (deps: Deps) => Promise<Result>,
): Promise<Result> {
  const runtime = openRuntimeBeside(settings)
  try {
    return await work(runtime.deps)
  } finally {
    await runtime.close()
  }
}

/** Who has a shell on the machine may do everything, and is known by no other name. */
export function shellContext<Result>(nowMs: number): CommandContext<Result> {
  return { actor: 'shell', requestId: 'shell', nowMs, idempotency: null }
}

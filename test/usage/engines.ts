import { rmSync } from 'node:fs'
import { notifySharing } from '~/server/notify-sharing.ts'
import type { Store } from '~/store/port.ts'
import { connectPostgresStore } from '~/store/postgres/open.ts'
import type { Usage } from '~/usage/port.ts'
import { connectPostgresUsage } from '~/usage/postgres/open.ts'
import { buildOptions } from '../store/postgres/open-store.ts'
import { createMigratedSchema, type ScratchSchema } from '../support/postgres.ts'
import { startMs } from '../support/samples.ts'
import { createScratchDirectory } from '../support/scratch.ts'
import { composeUsage, type OpenedUsage, openUsageIn } from './open-usage.ts'

/** A place where usage is stored, which can be opened again. */
export interface UsagePlace extends AsyncDisposable {
  open(): OpenedUsage
}

export interface UsageEngine {
  readonly engine: 'SQLite' | 'PostgreSQL'
  create(): Promise<UsagePlace>
}

const allEngines: readonly UsageEngine[] = [
  {
    engine: 'SQLite',
    create: async () => {
      const directory = createScratchDirectory()
      return {
        open: () => openUsageIn(directory),
        [Symbol.asyncDispose]: async () => rmSync(directory, { recursive: true }),
      }
    },
  },
  {
    engine: 'PostgreSQL',
    create: async () => {
      const scratch = await createMigratedSchema()
      return {
        open: () => openPostgresIn(scratch),
        [Symbol.asyncDispose]: scratch[Symbol.asyncDispose],
      }
    },
  },
]

/** The engines that keep the same promises, or the one that `TEST_ENGINE` names. */
export const engines = allEngines.filter(({ engine }) =>
  engine.toLowerCase().startsWith(process.env.TEST_ENGINE ?? ''),
)

/** Opens a store and its usage in a schema, as on one of several nodes. */
export function openPostgresIn({ url, schema }: ScratchSchema): OpenedUsage {
  const onError = () => undefined
  const store: Store = connectPostgresStore(
    buildOptions({ url, schema }, { readCounters: (ids) => usage.readCounters(ids) }),
  )
  const usage: Usage = connectPostgresUsage({
    url,
    schema,
    getNowMs: () => startMs,
    onSharing: (signals) => notifySharing(store, signals),
    onError,
    onDropped: () => undefined,
  })

  return composeUsage(store, usage)
}

import type { SigningKey } from '~/domain/signing-keys.ts'
import type { SigningKeys } from '../signing-port.ts'
import { recordAction, runCommand } from './commands.ts'
import type { Engine, Reading, Tx } from './engine.ts'
import { insertRows, selectRows } from './rows.ts'
import { signingKeys } from './schema.ts'

export function createSigningKeys(engine: Engine): SigningKeys {
  return {
    list: () => readKeys(engine),
    change: (context, decide) =>
      runCommand(engine, context, async (tx) => {
        // A decision is about all keys, so it is alone.
        await tx.client.unsafe('LOCK TABLE signing_keys IN SHARE ROW EXCLUSIVE MODE')
        const decision = decide(await readKeys(tx))
        if (decision !== null) {
          for (const key of decision.keys) await writeKey(tx, key)
          recordAction(tx, context, `signing_key.${decision.action}`, decision.kid)
        }
        return readKeys(tx)
      }),
  }
}

async function readKeys(reading: Reading): Promise<readonly SigningKey[]> {
  const rows = await selectRows(reading, signingKeys, undefined, 'ORDER BY position')
  return rows.map(({ position: _order, ...key }) => key)
}

async function writeKey(tx: Tx, key: SigningKey): Promise<void> {
  await insertRows(
    tx,
    signingKeys,
    [key],
    `ON CONFLICT (kid) DO UPDATE SET seed_sealed = excluded.seed_sealed, state = excluded.state,
       created_at_ms = excluded.created_at_ms, activated_at_ms = excluded.activated_at_ms,
       retired_at_ms = excluded.retired_at_ms, revoked_at_ms = excluded.revoked_at_ms,
       revoked_since_ms = excluded.revoked_since_ms`,
  )
}

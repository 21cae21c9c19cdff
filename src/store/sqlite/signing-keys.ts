import { asc, sql } from 'drizzle-orm'
import type { SigningKey } from '~/domain/signing-keys.ts'
import type { SigningKeys } from '../signing-port.ts'
import { recordAction, runCommand } from './commands.ts'
import type { Engine, Reading } from './engine.ts'
import { signingKeys } from './schema.ts'

export function createSigningKeys(engine: Engine): SigningKeys {
  return {
    list: async () => readKeys(engine.committed),
    change: (context, decide) =>
      runCommand(engine, context, () => {
        const decision = decide(readKeys(engine))
        if (decision !== null) {
          for (const key of decision.keys) writeKey(engine, key)
          recordAction(engine, context, `signing_key.${decision.action}`, decision.kid)
        }
        return readKeys(engine)
      }),
  }
}

function readKeys({ db }: Reading): readonly SigningKey[] {
  const rows = db.select().from(signingKeys).orderBy(asc(signingKeys.position)).all()
  return rows.map(({ position: _order, ...key }) => key)
}

function writeKey({ db }: Engine, key: SigningKey): void {
  const { kid, publicKey: _fixed, ...set } = key
  db.insert(signingKeys)
    .values(key)
    .onConflictDoUpdate({ target: signingKeys.kid, set, setWhere: sql`kid = ${kid}` })
    .run()
}

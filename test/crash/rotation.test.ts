import { Database } from 'bun:sqlite'
import { test } from 'bun:test'
import { databasePath } from '~/store/sqlite/connection.ts'
import { KILLS, killRotations, LICENSES } from '../support/rotation.ts'
import { ADMIN_TOKEN, Sandbox } from '../support/server.ts'

test(`secret: a rotation of ${LICENSES} licenses that is killed ${KILLS} times ends well, and each license validates all the time`, async () => {
  using sandbox = new Sandbox()
  await killRotations({
    sandbox,
    envOf: () => ({ LICET_ADMIN_TOKEN: ADMIN_TOKEN }),
    rotateArgsOf: () => [],
    secretFileOf: () => sandbox.at('data', 'master.secret'),
    query: (sql) => {
      using db = new Database(databasePath(sandbox.at('data')), { readonly: true })
      return db.query<Record<string, string>, []>(sql).all()
    },
  })
}, 600_000)

import { Database } from 'bun:sqlite'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { assert } from '~/assert.ts'
import type { StorageParts } from '~/server/storage.ts'
import { openSqliteStorage } from '~/server/storage-sqlite.ts'
import { databasePath } from '~/store/sqlite/connection.ts'
import { findBrokenLink } from '~/store/sqlite/files/audit-chain.ts'
import { firstProblem, inspectDatabase } from '~/store/sqlite/files/inspect.ts'
import { usagePath } from '~/usage/file.ts'
import { createMigratedFiles, eventTypesIn, rowsIn } from './database.ts'
import type { TestDatabase, TestStorage } from './storage.ts'

const server = { fileDescriptor: 1, isServer: true, beforeMigrating: () => undefined } as const

export async function openSqliteDatabase(parts: StorageParts): Promise<TestStorage> {
  const { dataDir } = parts.settings.config
  createMigratedFiles(dataDir)
  return {
    storage: openSqliteStorage(parts, server),
    database: lookUp(dataDir),
    // A second process on a directory does not hold its lock.
    openAnother: async () => openSqliteStorage(parts, { ...server, isServer: false }),
    end: async () => {
      const findings = inspectDatabase(databasePath(dataDir), parts.vault.getCheck(), 'rows')
      const problem = firstProblem(findings)
      assert(problem === null, `what the tests have written is consistent: ${problem}`)
    },
  }
}

function lookUp(directory: string): TestDatabase {
  return {
    readEventTypes: async () => eventTypesIn(directory),
    readRows: async () => rowsIn(databasePath(directory)),
    readUsageRows: async () => rowsIn(usagePath(directory)),
    readEverything: async () =>
      readdirSync(directory)
        .filter((name) => /sqlite|secret/.test(name))
        .map((name) => readFileSync(join(directory, name), 'latin1'))
        .join('\n'),
    isAuditIntact: async () => {
      using db = new Database(databasePath(directory), { readonly: true })
      return findBrokenLink(db) === null
    },
    run: async (sql) => {
      using db = new Database(databasePath(directory))
      db.run(sql)
    },
  }
}

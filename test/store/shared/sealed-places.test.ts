import { expect, test } from 'bun:test'
import { getTableColumns, getTableName, is, Table } from 'drizzle-orm'
import type { KeptUse } from '~/platform/generation.ts'
import * as postgresCheckout from '~/store/postgres/checkout-schema.ts'
import * as postgresEdges from '~/store/postgres/edge-schema.ts'
import * as postgresNodes from '~/store/postgres/node-schema.ts'
import * as postgresPortal from '~/store/postgres/portal-schema.ts'
import * as postgres from '~/store/postgres/schema.ts'
import * as postgresSessions from '~/store/postgres/session-schema.ts'
import { sealedPlaces } from '~/store/shared/sealed-places.ts'
import * as sqliteCheckout from '~/store/sqlite/checkout-schema.ts'
import * as sqliteEdges from '~/store/sqlite/edge-schema.ts'
import * as sqliteNodes from '~/store/sqlite/node-schema.ts'
import * as sqlitePortal from '~/store/sqlite/portal-schema.ts'
import * as sqlite from '~/store/sqlite/schema.ts'
import * as sqliteSessions from '~/store/sqlite/session-schema.ts'

const schemas = {
  sqlite: [sqlite, sqliteCheckout, sqliteEdges, sqliteNodes, sqlitePortal, sqliteSessions],
  postgres: [
    postgres,
    postgresCheckout,
    postgresEdges,
    postgresNodes,
    postgresPortal,
    postgresSessions,
  ],
}

/** Names of columns that sound as if they depend on a secret. */
const SUSPICIOUS = /hash|seal|secret|token|code|seed|digest|salt|cipher|encrypt|key$/

/** Hashes under keys that outlive a master secret, because their texts are stored nowhere. */
const kept: Readonly<Record<KeptUse, readonly string[]>> = {
  'hash/token': ['api_keys.token_hash', 'edges.token_hash'],
  'hash/request': ['stored_responses.key_hash', 'stored_responses.body_hash'],
  'hash/session': ['checkout_sessions.session_hash'],
  'hash/sign-in': ['sessions.token_hash'],
  'hash/setup-link': ['setup_links.hash'],
  'hash/portal': [
    'portal_codes.browser_hash',
    'portal_codes.code_hash',
    'portal_sessions.token_hash',
  ],
  'hash/return-code': ['license_files.return_hash'],
  // Derived from the ID of a file, and stored nowhere.
  'hash/file-secret': [],
}

/** Columns that do not depend on the master secret. */
const independent = [
  'audit.hash',
  'heads.hash',
  'audit.personal_digest',
  'audit.personal_salt',
  // The ID that a provider gives an event, or a hash of its body.
  'checkout_events.key',
  'signing_keys.public_key',
]

function listColumns(modules: readonly object[]): readonly string[] {
  return modules
    .flatMap((each) => Object.values(each))
    .filter((each) => is(each, Table))
    .flatMap((table) =>
      Object.values(getTableColumns(table)).map(({ name }) => `${getTableName(table)}.${name}`),
    )
}

const rotated = Object.values(sealedPlaces).flatMap(({ table, hash, sealed }) =>
  [hash, sealed].flatMap((column) => (column === null ? [] : [`${table}.${column}`])),
)

test.each(['sqlite', 'postgres'] as const)(
  'secret: every column of %s that may depend on the master secret is either rotated, or known to need no rotation',
  (engine) => {
    const columns = listColumns(schemas[engine])
    const known = new Set([...rotated, ...Object.values(kept).flat(), ...independent])
    const isSuspicious = (column: string) => SUSPICIOUS.test(column.split('.')[1] ?? '')
    expect(columns.filter((column) => isSuspicious(column) && !known.has(column))).toEqual([])
    // Only one engine keeps the head of the audit apart.
    const missing = [...known].filter((column) => !columns.includes(column))
    expect(missing).toEqual(engine === 'sqlite' ? ['heads.hash'] : [])
  },
)

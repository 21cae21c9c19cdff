import type { SQL } from 'bun'
import { type BunSQLDatabase, drizzle } from 'drizzle-orm/bun-sql'
import type { Connection } from '~/platform/postgres.ts'

/** Builds queries and runs them, on one connection or on any of the pool. */
export type Db = BunSQLDatabase

export function createDb(client: Connection): Db {
  // drizzle sends all its statements with `unsafe`, and begins no transaction here.
  return drizzle({ client: client as SQL })
}

/** Guards the connection of a transaction against statements that are sent after its end. */
export function guardConnection(connection: Connection): Connection & { end: () => void } {
  let isOver = false
  const unsafe: Connection['unsafe'] = (text, values) => {
    if (isOver) throw new Error(`A statement was sent after its transaction: ${text}`)
    return connection.unsafe(text, values)
  }
  const end = () => {
    isOver = true
  }
  return { unsafe, end }
}

import type { Tx } from './engine.ts'
import { selectRow } from './rows.ts'
import { heads } from './schema.ts'

/** The number of the last row of a table, and its hash if it has one. */
interface Head {
  readonly number: number
  readonly hash: string | null
}

type Name = (typeof heads.$inferSelect)['name']

/** Returns the last number, and lets no other transaction read or change it until this one ends. */
export async function lockHead(tx: Tx, name: Name): Promise<Head> {
  const lock = () =>
    selectRow(tx, heads, ['number', 'hash'], 'WHERE name = $1 FOR NO KEY UPDATE', [name])
  const head = await lock()
  if (head !== null) return head
  await tx.client.unsafe('INSERT INTO heads (name, number) VALUES ($1, 0) ON CONFLICT DO NOTHING', [
    name,
  ])
  return (await lock()) ?? { number: 0, hash: null }
}

export async function writeHead(tx: Tx, name: Name, { number, hash }: Head): Promise<void> {
  await tx.client.unsafe('UPDATE heads SET number = $2, hash = $3 WHERE name = $1', [
    name,
    number,
    hash,
  ])
}

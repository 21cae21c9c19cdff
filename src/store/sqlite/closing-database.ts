import { Database, type SQLQueryBindings, type Statement } from 'bun:sqlite'

const PRUNED_MIN = 1000

/**
 * A connection whose `close` ends its prepared statements, which would keep it open otherwise. At the end of
 * the process, Bun empties the log of what is still open, and that looks like a commit to a server.
 */
export class ClosingDatabase extends Database {
  readonly #prepared: WeakRef<Statement>[] = []
  #pruneAt = PRUNED_MIN

  override prepare<Row, Params extends SQLQueryBindings | SQLQueryBindings[]>(
    sql: string,
    params?: Params,
  ): ReturnType<typeof Database.prototype.prepare<Row, Params>> {
    const statement = super.prepare<Row, Params>(sql, params)
    this.#prepared.push(new WeakRef<Statement>(statement))
    if (this.#prepared.length >= this.#pruneAt) this.#prune()
    return statement
  }

  override close(throwOnError?: boolean): void {
    for (const reference of this.#prepared.splice(0)) reference.deref()?.finalize()
    super.close(throwOnError)
  }

  #prune(): void {
    const alive = this.#prepared.filter((reference) => reference.deref() !== undefined)
    this.#prepared.splice(0, this.#prepared.length, ...alive)
    this.#pruneAt = Math.max(PRUNED_MIN, alive.length * 2)
  }
}

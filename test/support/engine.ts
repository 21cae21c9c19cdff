import { test } from 'bun:test'

/** The engine of every application that a test opens: TEST_ENGINE, which is `sqlite` by default. */
export const testEngine = process.env.TEST_ENGINE === 'postgres' ? 'postgres' : 'sqlite'

type Register = (title: string, run: () => Promise<void> | void) => void

const registerOn =
  (engine: typeof testEngine): Register =>
  (title, run) => {
    if (testEngine === engine) test(title, run)
  }

/** A test of what only a data directory has. A test with `onlyPostgres` says what PostgreSQL does instead. */
export const onlySqlite = registerOn('sqlite')
export const onlyPostgres = registerOn('postgres')

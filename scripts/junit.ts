import { readFileSync } from 'node:fs'

/** How the tests of a file ended. */
export interface Suite {
  /** Relative to the folder in which the tests ran. */
  readonly file: string
  readonly tests: number
  readonly failures: number
}

/** Reads a report of bun test in the format of JUnit. Returns one suite per file. */
export function readSuites(path: string): Suite[] {
  const suites =
    /<testsuite name="([^"]+)" file="([^"]+)" tests="(\d+)" assertions="\d+" failures="(\d+)"/g
  // Suites of describe blocks have other names than their files.
  return [...readFileSync(path, 'utf8').matchAll(suites)].flatMap(
    ([, name, file = '', tests, failures]) =>
      name === file ? [{ file, tests: Number(tests), failures: Number(failures) }] : [],
  )
}

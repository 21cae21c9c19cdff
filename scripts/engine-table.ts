// Prints how many tests there are for SQLite, and how many have passed on PostgreSQL, from reports of bun test in
// the format of JUnit: scripts/engine-table.ts SQLITE POSTGRES…
import { readFileSync } from 'node:fs'

const rows = [
  ['store contract', /^test\/store\/\w+\/contract/],
  ['HTTP', /^test\/http\//],
  ['usage', /^test\/usage\/usage\.test/],
  ['several servers', /^test\/postgres\//],
] as const

interface Suite {
  readonly file: string
  readonly tests: number
  readonly failures: number
}

const [sqlitePath = '', ...postgresPaths] = process.argv.slice(2)
const sqlite = parse(readFileSync(sqlitePath, 'utf8'))
const postgres = postgresPaths.flatMap((path) => parse(readFileSync(path, 'utf8')))
console.log('| tests | SQLite | PostgreSQL |')
console.log('| --- | --: | --: |')
for (const [title, pattern] of rows) {
  const countOf = (suites: readonly Suite[]) => sum(suites.filter(({ file }) => pattern.test(file)))
  console.log(`| ${title} | ${countOf(sqlite)} | ${countOf(postgres)} |`)
}

/** Returns the suite of each file. Those of its describe blocks have other names. */
function parse(xml: string): Suite[] {
  const suites =
    /<testsuite name="([^"]+)" file="([^"]+)" tests="(\d+)" assertions="\d+" failures="(\d+)"/g
  return [...xml.matchAll(suites)].flatMap(([, name, file = '', tests, failures]) =>
    name === file ? [{ file, tests: Number(tests), failures: Number(failures) }] : [],
  )
}

function sum(suites: readonly Suite[]): number {
  return suites.reduce((total, { tests, failures }) => total + tests - failures, 0)
}

// Prints how many tests there are for SQLite, and how many have passed on PostgreSQL, from reports of bun test in
// the format of JUnit: scripts/engine-table.ts SQLITE POSTGRES…
import { readSuites, type Suite } from './junit.ts'

const rows = [
  ['store contract', /^test\/store\/\w+\/contract/],
  ['HTTP', /^test\/http\//],
  ['usage', /^test\/usage\/usage\.test/],
  ['several servers', /^test\/postgres\//],
] as const

const [sqlitePath = '', ...postgresPaths] = process.argv.slice(2)
const sqlite = readSuites(sqlitePath)
const postgres = postgresPaths.flatMap(readSuites)
console.log('| tests | SQLite | PostgreSQL |')
console.log('| --- | --: | --: |')
for (const [title, pattern] of rows) {
  const countOf = (suites: readonly Suite[]) => sum(suites.filter(({ file }) => pattern.test(file)))
  console.log(`| ${title} | ${countOf(sqlite)} | ${countOf(postgres)} |`)
}

function sum(suites: readonly Suite[]): number {
  return suites.reduce((total, { tests, failures }) => total + tests - failures, 0)
}

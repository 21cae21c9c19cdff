// Prints a table of what each SDK has passed, from a report with a line for each check, such as
// "ok - Python: keys.json (59 cases)": scripts/sdk-table.ts REPORT
import { readFileSync } from 'node:fs'

const rows = [
  ['license keys', 'keys.json'],
  ['host names', 'hostnames.json'],
  ['tokens', 'tokens.json'],
  ['domains', 'domains.json'],
  ['judge', 'judge.json'],
  ['clock', 'clock.json'],
  ['fingerprints', 'fingerprints.json'],
  ['codes without a connection', 'offline.json'],
  ['webhooks', 'webhooks.json'],
  ['http scenarios', 'http.json'],
] as const

interface Line {
  readonly runtime: string
  readonly name: string
  readonly isOk: boolean
}

const [path] = process.argv.slice(2)
if (path === undefined) throw new Error('Give the path of a report.')
const lines = parse(readFileSync(path, 'utf8'))
const runtimes = [...new Set(lines.filter(({ name }) => isSuite(name)).map((line) => line.runtime))]
if (runtimes.length > 0) print(runtimes)

function parse(text: string): Line[] {
  return [...text.matchAll(/^(not )?ok - ([^:\n]+): (.*)$/gm)].map(
    ([, not, runtime = '', name = '']) => ({ runtime, name, isOk: not === undefined }),
  )
}

function isSuite(name: string): boolean {
  return rows.some(([, file]) => name.startsWith(file))
}

function print(columns: readonly string[]): void {
  const show = (cells: readonly string[]) => console.log(`| ${cells.join(' | ')} |`)
  show(['', ...columns])
  show(['---', ...columns.map(() => ':-:')])
  for (const [title, file] of rows) {
    const isOf = ({ name }: Line) => name.startsWith(file)
    show([
      title,
      ...columns.map((runtime) =>
        judge(lines.filter((line) => line.runtime === runtime && isOf(line))),
      ),
    ])
  }
  const isLive =
    (runtime: string) =>
    ({ runtime: other, name }: Line) =>
      other === `${runtime}, live` ||
      (other === runtime && !isSuite(name) && /\blive\b/i.test(name))
  show(['live', ...columns.map((runtime) => judge(lines.filter(isLive(runtime))))])
}

/** Whether all checks have passed; a dash without any. */
function judge(found: readonly Line[]): string {
  if (found.length === 0) return '–'
  return found.every(({ isOk }) => isOk) ? 'yes' : 'NO'
}

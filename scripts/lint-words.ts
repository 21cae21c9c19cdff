#!/usr/bin/env bun
// Rejects wording that is not plain English. Prints every match as file:line with the rule.
import { join } from 'node:path'
import { Glob } from 'bun'

interface Rule {
  readonly pattern: RegExp
  readonly advice: string
}

const rules: readonly Rule[] = [
  {
    pattern:
      /^\s*(?:\/\*\*|\*|\/\/|#) (?:Who|What|Whoever|Nobody|Of what|In which|Answers|Tells)\b/,
    advice: 'start the comment with what it returns or does, or with a noun',
  },
  ...Object.entries({
    whoever: 'name the person or component',
    "nobody's": 'name the person or component',
    'this once': 'once, only once',
    'for ever': 'forever, without end',
    'of a year': 'annual, or a period in days',
    'is believed': 'is trusted',
    'tells of': 'reports, notifies',
    heeds: 'uses, follows',
    'e-mail': 'email',
    'what came of': 'result, outcome',
    'kept answer': 'stored response',
    'all the same': 'anyway, nevertheless',
  }).map(([words, advice]) => ({
    pattern: new RegExp(`\\b${words}\\b`, 'i'),
    advice: `instead of "${words}": ${advice}`,
  })),
]

const root = join(import.meta.dir, '..')
const globs = [
  '{src,test,bench,scripts,docs,edge}/**/*',
  'sdks/**/*.{ts,js,mjs,cjs,mts,cts,html,md}',
  '*.md',
  'Dockerfile',
  '.ci/run',
]
/** This file, data, and texts in other languages. */
const exempt =
  /^scripts\/lint-words\.ts$|\/texts\/(?!en\.)\w+\.ts$|\/(?:migrations|admin\/types)\.ts$|\.json$|\/node_modules\/|\/dist\//

let count = 0
const paths = globs.flatMap((glob) => [...new Glob(glob).scanSync({ cwd: root, dot: true })])
for (const path of paths.filter((each) => !exempt.test(each)).sort()) {
  const lines = (await Bun.file(join(root, path)).text()).split('\n')
  for (const [index, line] of lines.entries()) {
    for (const { advice } of rules.filter(({ pattern }) => pattern.test(line))) {
      count += 1
      console.error(`${path}:${index + 1}: ${advice}\n    ${line.trim()}`)
    }
  }
}
if (count > 0) process.exitCode = 1

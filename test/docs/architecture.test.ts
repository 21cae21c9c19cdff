import { expect, test } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Glob } from 'bun'

const root = join(import.meta.dir, '../..')
const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8')

/** Text in backticks that looks like a path: it has a slash, or ends in `.ts` or `.json`. */
const pathsOf = (text: string) =>
  [...text.matchAll(/`([\w./*-]+)`/g)]
    .map(([, path]) => path ?? '')
    .filter((path) => /^[\w*-].*(?:\/|\.ts|\.json)/.test(path))

/** The paths of the tree, each with the folders that it is indented under. */
function treePaths(): string[] {
  const [, tree = ''] = /^```\n(src\/[\s\S]*?)^```$/m.exec(page) ?? []
  const folders: string[] = []
  return tree
    .split('\n')
    .filter((line) => /^ *[\w-]+(?:\/|\.ts)/.test(line))
    .flatMap((line) => {
      const depth = line.search(/\S/) / 2
      folders.length = depth
      const names = line.trim().split(/ {2,}/)[0]?.split(' ') ?? []
      const paths = names.map((name) => [...folders, name].join(''))
      folders.push(names[0] ?? '')
      return paths
    })
}

/** A path may leave out `src/`, as imports do. A `*` stands for any name. */
function exists(path: string): boolean {
  const candidates = [path, `src/${path}`]
  return candidates.some((candidate) =>
    candidate.includes('*')
      ? !new Glob(candidate).scanSync({ cwd: root }).next().done
      : existsSync(join(root, candidate)),
  )
}

test('architecture docs: every path in the text exists', () => {
  const paths = pathsOf(page)
  expect(paths.length).toBeGreaterThan(30)
  expect(paths.filter((path) => !exists(path))).toEqual([])
})

test('architecture docs: every entry of the tree exists', () => {
  const paths = treePaths()
  expect(paths.length).toBeGreaterThan(12)
  expect(paths.filter((path) => !exists(path))).toEqual([])
})

test('architecture docs: the tree lists every entry at the root of src', () => {
  const entries = [...new Glob('*').scanSync({ cwd: join(root, 'src'), onlyFiles: false })]
  const listed = treePaths().map((path) => path.split('/')[1])
  expect(entries.filter((entry) => !listed.includes(entry))).toEqual([])
})

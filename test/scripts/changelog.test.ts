import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseChangelog } from '../../scripts/releasing/changelog.ts'
import { targets } from '../../scripts/releasing/targets.ts'

const root = join(import.meta.dir, '../..')
const readRoot = (path: string) => readFileSync(join(root, path), 'utf8')

test('changelog: its sections are in the form of Keep a Changelog, the newest first', () => {
  const sections = parseChangelog(readRoot('CHANGELOG.md'))
  const [unreleased, ...released] = sections
  expect(unreleased).toMatchObject({ version: 'Unreleased', date: null })
  expect(released.length).toBeGreaterThan(0)
  for (const { date, text } of released) expect([date, text]).not.toContain(null)
  const versions = released.map(({ version }) => version)
  expect(versions).toEqual(versions.toSorted(Bun.semver.order).toReversed())
})

test('changelog: a section ends at the next one, and keeps its own headings', () => {
  const sections = parseChangelog(
    '# Changelog\n\n## [Unreleased]\n\n## [1.2.0] - 2026-01-31\n\n### Added\n\n- One.\n\n## [1.1.0] - 2025-12-01\n\nTwo.\n',
  )
  expect(sections).toEqual([
    { version: 'Unreleased', date: null, text: '' },
    { version: '1.2.0', date: '2026-01-31', text: '### Added\n\n- One.' },
    { version: '1.1.0', date: '2025-12-01', text: 'Two.' },
  ])
})

test.each(['## 1.2.0 (January)', '## [1.2.0] - 31.01.2026', '## New things'])(
  'changelog: the heading %s is refused, and the error shows the right form',
  (heading) => {
    expect(() => parseChangelog(`# Changelog\n\n${heading}\n\ntext\n`)).toThrow(
      /Write: ## \[1\.2\.3\]/,
    )
  },
)

test('releases: the runtimes of all platforms have the version of Bun that package.json names', () => {
  const { packageManager } = JSON.parse(readRoot('package.json'))
  const { optionalDependencies } = JSON.parse(readRoot('scripts/releasing/runtimes/package.json'))
  const version = packageManager.replace('bun@', '')
  const wanted = targets.map(({ runtime }) => [runtime, version])
  expect(optionalDependencies).toEqual(Object.fromEntries(wanted))
  const locked = readRoot('scripts/releasing/runtimes/bun.lock')
  for (const { runtime } of targets) expect(locked).toContain(`["${runtime}@${version}"`)
})

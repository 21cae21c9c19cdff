import { expect, test } from 'bun:test'
import type { Bundle } from '~/web/bundle.ts'
import { admin, portal } from '~/web/embedded.ts'

/** The script and the style sheet of a page, which a slow connection loads in some seconds. */
const FIRST_LOAD_BYTES_MAX = 120_000

const sites: readonly (readonly [string, Bundle])[] = [
  ['dashboard', admin],
  ['portal', portal],
]

test.each(sites)('first load: the %s transfers at most 120 KB', (_name, bundle) => {
  const sizes = [bundle.script, bundle.style].map((name) => {
    const asset = bundle.assets.find((each) => each.name === name)
    return Buffer.from(asset?.gzip ?? '', 'base64').length
  })
  expect(sizes).not.toContain(0)
  expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(FIRST_LOAD_BYTES_MAX)
})

import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { readPage } from '../support/pages.ts'

test('docs/security.md: every test that proves a claim exists in its file', () => {
  const claims = [...readPage('docs/security.md').matchAll(/\[`([^`]+)`\]\(([^)]+\.ts)\)/g)]
  expect(claims.length).toBeGreaterThan(20)
  const missing = claims.filter(
    ([, name = '', path = '']) => !readPage(join('docs', path)).includes(name),
  )
  expect(missing.map(([link]) => link)).toEqual([])
})

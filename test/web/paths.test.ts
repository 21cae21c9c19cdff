import { expect, test } from 'bun:test'
import { isSoundPath } from '~/web/shared/paths.ts'

test.each([
  ['/admin', true],
  ['/admin//x/', true],
  ['/admin/plans/editor-pro', true],
  ['/portal/thanks/stripe/cs_test_a1', true],
  ['/admin/plans/%3Cimg%3E', true],
  ['/admin/plans/caf%C3%A9', true],
  ['/admin/plans/%', false],
  ['/admin/plans/%zz', false],
  ['/admin/plans/%ff', false],
  ['/admin/plans/..%2fkeys', false],
  ['/admin/plans/..%5ckeys', false],
  ['/admin/plans/%2e%2e', false],
  ['/admin/plans/a%3fb=c', false],
  ['/admin/plans/a%23b', false],
])('paths: whether %s is one part after the other, also when decoded, is %p', (path, isSound) => {
  expect(isSoundPath(path)).toBe(isSound)
})

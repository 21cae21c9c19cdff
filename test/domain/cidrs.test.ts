import { expect, test } from 'bun:test'
import { buildRangeMatcher, isCidr } from '~/domain/cidrs.ts'

test.each(['10.0.0.0/8', '10.1.2.3/8', '192.0.2.1', 'fd00::/8', '::1', '0.0.0.0/0', '::/0'])(
  'address range: %s is valid',
  (text) => {
    expect(isCidr(text)).toBe(true)
    expect(buildRangeMatcher([text])).not.toThrow()
  },
)

test.each(['', '10', '10.0.0', '010.0.0.1', '0x7f.1', '10.0.0.0/33', 'fd00::/129', 'a.io', '*'])(
  'address range: %p is invalid',
  (text) => {
    expect(isCidr(text)).toBe(false)
  },
)

test.each([
  ['10.1.2.3', ['10.0.0.0/8'], true],
  ['11.1.2.3', ['10.0.0.0/8'], false],
  ['10.1.2.3', ['192.0.2.0/24', '10.0.0.0/8'], true],
  ['10.1.2.3', ['10.9.9.9/8'], true],
  ['192.0.2.1', ['192.0.2.1'], true],
  ['192.0.2.2', ['192.0.2.1'], false],
  ['::ffff:10.1.2.3', ['10.0.0.0/8'], true],
  ['10.1.2.3', ['::ffff:10.1.2.3'], true],
  ['10.1.2.3', ['::ffff:10.0.0.0/104'], true],
  ['11.1.2.3', ['::ffff:10.0.0.0/104'], false],
  ['fd12::1', ['fd00::/8'], true],
  ['fe80::1', ['fd00::/8'], false],
  ['10.1.2.3', ['::/0'], false],
  ['::1', ['0.0.0.0/0'], false],
  ['10.1.2.3', [], false],
  ['not an address', ['0.0.0.0/0', '::/0'], false],
  ['', ['0.0.0.0/0'], false],
])('address range: %s is in %j: %p', (address, cidrs, isWithin) => {
  expect(buildRangeMatcher(cidrs)(address)).toBe(isWithin)
})

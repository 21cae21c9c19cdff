import { describe, expect, test } from 'bun:test'
import { createAddressGuard, isPublicAddress } from '~/webhooks/address-guard.ts'

const publicAddresses = [
  '1.1.1.1',
  '8.8.8.8',
  '93.184.216.34',
  '100.63.255.255',
  '100.128.0.0',
  '172.15.255.255',
  '172.32.0.0',
  '192.167.255.255',
  '223.255.255.255',
  '2606:4700:4700::1111',
  '2a00:1450:4001:81c::200e',
  '::ffff:8.8.8.8',
]

const refusedAddresses: Readonly<Record<string, readonly string[]>> = {
  unspecified: ['0.0.0.0', '0.1.2.3', '::'],
  loopback: ['127.0.0.1', '127.255.255.254', '::1'],
  private: ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
  'link-local': ['169.254.0.1', 'fe80::1', 'febf::1', 'fe80::1%eth0'],
  'carrier-grade NAT': ['100.64.0.1', '100.127.255.255'],
  'unique local': ['fc00::1', 'fd12:3456:789a::1'],
  'site-local': ['fec0::1', 'feff::1'],
  multicast: ['224.0.0.1', '239.255.255.255', 'ff02::1'],
  broadcast: ['255.255.255.255'],
  reserved: ['192.0.0.1', '192.88.99.1', '240.0.0.1', '100::1', '4000::1', 'e000::1'],
  documentation: ['192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', '3fff::1'],
  benchmark: ['198.18.0.1', '198.19.255.255', '2001:2::1'],
  NAT64: ['64:ff9b::8.8.8.8', '64:ff9b::a9fe:a9fe', '64:ff9b:1::1'],
  '6to4': ['2002:7f00:1::', '2002:808:808::1'],
  Teredo: ['2001::1', '2001:0:4136:e378:8000:63bf:3fff:fdd2'],
  'IPv4-mapped': ['::ffff:127.0.0.1', '::ffff:a9fe:a9fe', '::ffff:192.168.0.1'],
  'IPv4-compatible': ['::127.0.0.1', '::7f00:1', '::808:808'],
  'IPv4-translated': ['::ffff:0:127.0.0.1'],
  metadata: ['169.254.169.254', '100.100.100.200', '192.0.0.192', '168.63.129.16', 'fd00:ec2::254'],
  invalid: ['', 'example.com', '256.1.1.1', '1.1.1.1/32', '[::1]'],
}

test.each(publicAddresses)('address %s is public', (address) => {
  expect(isPublicAddress(address)).toBe(true)
})

describe.each(Object.entries(refusedAddresses))('%s addresses', (_range, addresses) => {
  test.each([...addresses])('address guard: %s is refused', (address) => {
    expect(isPublicAddress(address)).toBe(false)
    expect(createAddressGuard([]).classify(address)).toBe('refused')
  })
})

describe('address guard with allowed ranges', () => {
  const guard = createAddressGuard(['10.1.0.0/16', '127.0.0.1', 'fd00::/8', '8.8.8.0/24'])
  test.each([
    ['10.1.255.255', 'allowed'],
    ['::ffff:10.1.0.1', 'allowed'],
    ['127.0.0.1', 'allowed'],
    ['fd00:ec2::254', 'allowed'],
    ['8.8.8.8', 'allowed'],
    ['10.2.0.1', 'refused'],
    ['127.0.0.2', 'refused'],
    ['fc00::1', 'refused'],
    ['169.254.169.254', 'refused'],
    ['1.1.1.1', 'public'],
  ] as const)('address guard with allowed ranges: %s is %s', (address, verdict) => {
    expect(guard.classify(address)).toBe(verdict)
  })

  test('an address guard reports whether it has allowed ranges', () => {
    expect(guard.hasAllowedRanges).toBe(true)
    expect(createAddressGuard([]).hasAllowedRanges).toBe(false)
  })
})

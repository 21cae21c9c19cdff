import { expect, test } from 'bun:test'
import { ConfigError } from '~/platform/config.ts'
import { type EdgeOptions, readEdgeConfig } from '~/platform/config-edge.ts'

const token = 'licet_edge_obviously-fake-token-of-a-test'
const primary = 'https://licenses.example.com'

function read(options: Partial<EdgeOptions>, env: Record<string, string> = {}) {
  const all = { primary, onPartition: 'stale=1h', ...options }
  return readEdgeConfig({ LICET_EDGE_TOKEN: token, ...env }, false, all).config
}

test.each([
  ['https://licenses.example.com', 'https://licenses.example.com'],
  ['https://licenses.example.com/', 'https://licenses.example.com'],
  ['https://example.com/licet/', 'https://example.com/licet'],
  ['http://127.0.0.1:3000', 'http://127.0.0.1:3000'],
  ['http://localhost:3000', 'http://localhost:3000'],
  ['http://[::1]:3000', 'http://[::1]:3000'],
])('edge config: the primary %s is accepted', (url, expected) => {
  expect(read({ primary: url }).primaryUrl).toBe(expected)
})

test.each([
  ['http://licenses.example.com', /must start with https:/],
  ['http://localhost.example.com', /must start with https:/],
  ['http://10.0.0.1:3000', /must start with https:/],
  ['licenses.example.com', /must be the URL/],
  ['ftp://licenses.example.com', /must be the URL/],
  ['https://user:password@licenses.example.com', /must be the URL/],
  ['https://:password@licenses.example.com', /must be the URL/],
  ['https://licenses.example.com/?a=b', /must be the URL/],
  ['https://licenses.example.com/?', /must be the URL/],
  ['https://licenses.example.com/#', /must be the URL/],
])('edge config: the primary %s is refused', (url, expected) => {
  expect(() => read({ primary: url })).toThrow(expected)
})

test.each([
  ['forward', 0],
  ['stale=0', 0],
  ['stale=0s', 0],
  ['stale=90s', 90_000],
  ['stale=15m', 900_000],
  ['stale=1h', 3_600_000],
  ['stale=365d', 31_536_000_000],
])('edge config: with %s, known licenses stay valid for %p ms', (onPartition, expected) => {
  expect(read({ onPartition }).staleMs).toBe(expected)
})

test.each([
  '',
  'stale',
  'stale=',
  'stale=1',
  'stale=1w',
  'stale=-1h',
  'stale=1.5h',
  'stale=366d',
  '1h',
])('edge config: the mode %p is refused', (onPartition) => {
  expect(() => read({ onPartition })).toThrow(/--on-partition must be forward, or stale=/)
})

test('edge config: all problems are listed at once, and the token is never printed', () => {
  const env = { LICET_EDGE_TOKEN: 'too short', LICET_PORT: 'x' }
  const read = () => readEdgeConfig(env, false, { primary: 'x', onPartition: 'x' })
  expect(read).toThrow(ConfigError)
  try {
    read()
  } catch (error) {
    const { message } = error as Error
    expect(message.split('\n').map((line) => line.split(' ')[0])).toEqual([
      'LICET_PORT',
      'LICET_EDGE_TOKEN',
      '--primary',
      '--on-partition',
    ])
    expect(message).not.toContain('too short')
  }
})

test('edge config: without a token, the message says how to create one', () => {
  const read = () => readEdgeConfig({}, false, { primary, onPartition: 'forward' })
  expect(read).toThrow('LICET_EDGE_TOKEN is missing: create one with licet edges create NAME.')
})

test('edge config: variables of the server that an edge does not read are unknown', () => {
  const env = { LICET_EDGE_TOKEN: token, LICET_ADMIN_TOKEN: 'x', LICET_PAGES: 'none' }
  const { unknown } = readEdgeConfig(env, false, { primary, onPartition: 'forward' })
  expect(unknown).toEqual(['LICET_ADMIN_TOKEN', 'LICET_PAGES'])
})

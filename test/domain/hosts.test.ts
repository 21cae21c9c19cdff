import { expect, test } from 'bun:test'
import { isLoopbackHost, normalizeHost } from '~/domain/hosts.ts'

test.each([
  ['licenses.example.com', 'licenses.example.com'],
  ['LICENSES.Example.COM.', 'licenses.example.com'],
  ['münchen.example', 'xn--mnchen-3ya.example'],
  ['MÜNCHEN。example.', 'xn--mnchen-3ya.example'],
  ['my_host', 'my_host'],
  ['10.0.0.7', '10.0.0.7'],
  ['2001:DB8:0:0::1', '[2001:db8::1]'],
  ['[2001:0db8:0000:0000:0000:0000:0000:0001]', '[2001:db8::1]'],
  ['[::ffff:10.0.0.7]', '10.0.0.7'],
  ['::FFFF:a00:7', '10.0.0.7'],
])('host: %s is %s', (text, expected) => {
  expect(normalizeHost(text)).toBe(expected)
})

test.each([
  '',
  '.',
  'a.io:80',
  '[::1]:80',
  '[::1',
  'http://a.io',
  'a.io/x',
  'a b',
  '*',
  'a@b',
  '%61',
])('host: %p is none', (text) => {
  expect(normalizeHost(text)).toBeNull()
})

test('host: only names and addresses of this machine are loopback', () => {
  const isLoopback = (text: string) => isLoopbackHost(normalizeHost(text) ?? '')
  const own = ['localhost', 'LOCALHOST.', 'app.localhost', '127.0.0.1', '127.9.9.9', '0:0:0:0::1']
  for (const text of [...own, '::ffff:127.0.0.1'])
    expect([text, isLoopback(text)]).toEqual([text, true])
  for (const text of [
    'localhost.evil.example',
    'notlocalhost',
    '127.evil.example',
    '10.0.0.1',
    '::2',
  ]) {
    expect([text, isLoopback(text)]).toEqual([text, false])
  }
})

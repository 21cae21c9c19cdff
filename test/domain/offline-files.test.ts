import { expect, test } from 'bun:test'
import { createHmac } from 'node:crypto'
import { Fault } from '~/domain/faults.ts'
import {
  computeReturnCode,
  decodeRequestCode,
  parseReturnCode,
  REQUEST_CODE_MAX,
} from '~/domain/offline-files.ts'

const request = { v: 1, key: 'TO-7Q4M-X0ZD-9KTB-2F17', fp: 'Ünïcode 機', nonce: 'a'.repeat(16) }
const encode = (value: unknown) => `LQ1.${Buffer.from(JSON.stringify(value)).toString('base64url')}`
const code = encode(request)

test.each([
  ['as the app shows it', code],
  ['with blanks and line breaks', ` ${code.slice(0, 9)}\r\n${code.slice(9)}\n`],
  ['with invisible characters', `\u200b${code}\ufeff`],
  ['as a URL', `https://licenses.example.com/offline#${code}`],
  ['with padding', `${code}=`],
])('request codes: one is read %s', (_name, text) => {
  expect(decodeRequestCode(text)).toEqual(request)
})

test.each([
  ['that is empty', '', 'starts with LQ1.'],
  ['that is a license key', 'TO-7Q4M-X0ZD-9KTB-2F17', 'starts with LQ1.'],
  ['in lower case', code.toLowerCase(), 'starts with LQ1.'],
  ['without contents', 'LQ1.', 'incomplete or damaged'],
  ['that was cut off', code.slice(0, -3), 'incomplete or damaged'],
  ['with another character', `${code}!`, 'incomplete or damaged'],
  ['that is not UTF-8', 'LQ1.Iv8i', 'incomplete or damaged'],
  ['of a later version', code.replace('LQ1', 'LQ2'), 'Update the server'],
  ['that is too long', `LQ1.${'a'.repeat(REQUEST_CODE_MAX)}`, 'at most 8192 characters'],
])('request codes: one %s is rejected with what to do', (_name, text, words) => {
  const fault = faultOf(() => decodeRequestCode(text))
  expect(fault.errors).toEqual([{ pointer: '/request', detail: fault.message }])
  expect(fault.message).toContain(words)
  // The code contains a license key.
  expect(fault.message).not.toContain('7Q4M')
})

test('return codes: one is the first 50 bits of the HMAC of the file in Crockford Base32', () => {
  const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
  for (let seed = 0; seed < 200; seed += 1) {
    const secret = new Uint8Array(16).fill(seed)
    const mac = createHmac('sha256', secret).update(`file-${seed}`).digest()
    const bits = BigInt(`0x${mac.subarray(0, 7).toString('hex')}`) >> 6n
    const symbols = Array.from(
      { length: 10 },
      (_, index) => alphabet[Number((bits >> BigInt(45 - 5 * index)) & 31n)],
    ).join('')
    const expected = `${symbols.slice(0, 5)}-${symbols.slice(5)}`
    expect(computeReturnCode(secret, `file-${seed}`)).toBe(expected)
    expect(parseReturnCode(expected)).toBe(expected)
  }
})

test.each([
  '01123-ABCDE',
  '01123abcde',
  'oil23-abcde',
  ' 0LI23 — ABCDE ',
  '０１１２３‐ＡＢＣＤＥ',
  '0 1 1 2 3 A B C D E',
])('return codes: %p is read as people type it', (text) => {
  expect(parseReturnCode(text)).toBe('01123-ABCDE')
})

test.each(['', '01123-ABCD', '01123-ABCDEF', '01123-ABCDU', '01123_ABCDE', 'ſ1123-ABCDE!'])(
  'return codes: %p is rejected, with what one looks like',
  (text) => {
    const fault = faultOf(() => parseReturnCode(text))
    expect(fault.errors?.map(({ pointer }) => pointer)).toEqual(['/code'])
    expect(fault.message).toContain('7Q4MX-0ZD9K')
  },
)

function faultOf(run: () => unknown): Fault {
  try {
    run()
  } catch (error) {
    if (error instanceof Fault) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

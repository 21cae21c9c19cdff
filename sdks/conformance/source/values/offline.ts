import { createHmac } from 'node:crypto'
import { toBase64url } from '../sign-token.ts'

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const KEY = 'TO-7Q4M-X0ZD-9KTB-2F17'
const NONCE = 'nonce-of-this-request-01'

const requests = [
  { v: 1, product: 'acme-editor', key: KEY, fp: 'device-1', name: "Ada's laptop", nonce: NONCE },
  { v: 1, key: KEY, fp: 'device-1', nonce: NONCE },
  { v: 1, product: 'acme-editor', key: KEY, fp: 'device-1', nonce: NONCE },
  { v: 1, key: KEY, fp: 'Gerät-龍', name: 'Büro 🐉', nonce: NONCE },
  { v: 1, key: 'MY-OLD-SHOP-KEY-0001', fp: 'a/b?c=d#e', nonce: 'A-Z_a-z-0123456789' },
]

const files = [
  { ret: 'AAECAwQFBgcICQoLDA0ODw', jti: 'c2FtcGxlLXRva2VuLWlkLQ' },
  { ret: '_____________________w', jti: 'c2FtcGxlLXRva2VuLWlkLQ' },
  { ret: 'AAAAAAAAAAAAAAAAAAAAAA', jti: 'AAAAAAAAAAAAAAAAAAAAAA' },
  { ret: 'EBESExQVFhcYGRobHB0eHw', jti: 'another-token-id_-0123' },
]

/** Returns the contents of `offline.json`. */
export function buildOfflineVectors() {
  const server = 'https://licenses.example.com'
  return {
    about: [
      'Codes that people carry between a device without a connection and a server: see README.md, "Codes for devices without a connection".',
      '"requests": the request code of a device, and its address. "returns": the return code of a file with these claims.',
    ],
    requests: requests.map((request) => {
      const code = `LQ1.${toBase64url(JSON.stringify(request))}`
      return { request, code, server, address: `${server}/offline#${code}` }
    }),
    returns: files.map(({ ret, jti }) => ({ ret, jti, code: computeReturnCode(ret, jti) })),
  }
}

function computeReturnCode(ret: string, jti: string): string {
  const mac = createHmac('sha256', Buffer.from(ret, 'base64url')).update(jti).digest()
  const bits = [...mac.subarray(0, 7)].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  const symbols = Array.from({ length: 10 }, (_, index) =>
    ALPHABET.charAt(Number.parseInt(bits.slice(index * 5, index * 5 + 5), 2)),
  ).join('')
  return `${symbols.slice(0, 5)}-${symbols.slice(5)}`
}

import { concat } from './bytes.ts'

// FIPS 180-4 and RFC 2104 without the platform: WebCrypto is asynchronous, and key checks must not be.
const BLOCK_BYTES = 64

const primes = listPrimes(64)
const K = primes.map((prime) => fraction(Math.cbrt(prime)))
const INITIAL = primes.slice(0, 8).map((prime) => fraction(Math.sqrt(prime)))

export function listPrimes(count: number): number[] {
  const found: number[] = []
  for (let candidate = 2; found.length < count; candidate += 1) {
    if (found.every((prime) => candidate % prime !== 0)) found.push(candidate)
  }
  return found
}

/** The first 32 bits behind the point. */
function fraction(value: number): number {
  return ((value % 1) * 2 ** 32) | 0
}

const rotate = (word: number, bits: number) => (word >>> bits) | (word << (32 - bits))

/** Returns the 32 bytes of the SHA-256 hash. */
export function sha256(message: Uint8Array): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array(Math.ceil((message.length + 9) / BLOCK_BYTES) * BLOCK_BYTES)
  padded.set(message)
  padded[message.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setBigUint64(padded.length - 8, BigInt(message.length) * 8n)
  let state = INITIAL
  for (let offset = 0; offset < padded.length; offset += BLOCK_BYTES) {
    state = compress(state, view, offset)
  }
  const hash = new DataView(new ArrayBuffer(32))
  for (const [index, word] of state.entries()) hash.setInt32(index * 4, word)
  return new Uint8Array(hash.buffer)
}

function compress(state: readonly number[], view: DataView, offset: number): number[] {
  const words = new Int32Array(64)
  const at = (index: number) => words[index] ?? 0
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state
  for (let round = 0; round < 64; round += 1) {
    if (round < 16) words[round] = view.getInt32(offset + round * 4)
    else {
      const [early, late] = [at(round - 15), at(round - 2)]
      const sigma0 = rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3)
      const sigma1 = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10)
      words[round] = at(round - 16) + sigma0 + at(round - 7) + sigma1
    }
    const sum1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
    const choice = (e & f) ^ (~e & g)
    const first = (h + sum1 + choice + (K[round] ?? 0) + at(round)) | 0
    const sum0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
    const majority = (a & b) ^ (a & c) ^ (b & c)
    h = g
    g = f
    f = e
    e = (d + first) | 0
    d = c
    c = b
    b = a
    a = (first + sum0 + majority) | 0
  }
  const result = [a, b, c, d, e, f, g, h]
  return result.map((word, index) => (word + (state[index] ?? 0)) | 0)
}

/** Returns the 32 bytes of HMAC-SHA-256. */
export function hmacSha256(key: Uint8Array, message: Uint8Array): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(BLOCK_BYTES)
  block.set(key.length > BLOCK_BYTES ? sha256(key) : key)
  const inner = sha256(
    concat(
      block.map((byte) => byte ^ 0x36),
      message,
    ),
  )
  return sha256(
    concat(
      block.map((byte) => byte ^ 0x5c),
      inner,
    ),
  )
}

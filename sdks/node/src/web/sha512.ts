import { listPrimes } from '../sha256.ts'

// FIPS 180-4, for pages that are served without HTTPS, where browsers have no WebCrypto.

const BLOCK_BYTES = 128
const ROUNDS = 80
const MASK = 2n ** 64n - 1n

const primes = listPrimes(ROUNDS).map(BigInt)
/** The first 64 bits behind the point of the cube roots and of the square roots. */
const K = primes.map((prime) => findRoot(prime << 192n, 3n) & MASK)
const INITIAL = primes.slice(0, 8).map((prime) => findRoot(prime << 128n, 2n) & MASK)

/** Returns the largest number whose power is not above `value`. */
function findRoot(value: bigint, exponent: bigint): bigint {
  let root = 0n
  for (let bit = 1n << 80n; bit > 0n; bit >>= 1n) {
    if ((root + bit) ** exponent <= value) root += bit
  }
  return root
}

const rotate = (word: bigint, bits: bigint) => ((word >> bits) | (word << (64n - bits))) & MASK

/** Returns the 64 bytes of the SHA-512 hash. */
export function sha512(message: Uint8Array): Uint8Array {
  const padded = new Uint8Array(Math.ceil((message.length + 17) / BLOCK_BYTES) * BLOCK_BYTES)
  padded.set(message)
  padded[message.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setBigUint64(padded.length - 8, BigInt(message.length) * 8n)
  let state = INITIAL
  for (let offset = 0; offset < padded.length; offset += BLOCK_BYTES) {
    state = compress(state, view, offset)
  }
  const hash = new DataView(new ArrayBuffer(64))
  for (const [index, word] of state.entries()) hash.setBigUint64(index * 8, word)
  return new Uint8Array(hash.buffer)
}

function compress(state: readonly bigint[], view: DataView, offset: number): bigint[] {
  const words: bigint[] = []
  const at = (index: number) => words[index] ?? 0n
  let [a = 0n, b = 0n, c = 0n, d = 0n, e = 0n, f = 0n, g = 0n, h = 0n] = state
  for (let round = 0; round < ROUNDS; round += 1) {
    if (round < 16) words.push(view.getBigUint64(offset + round * 8))
    else {
      const [early, late] = [at(round - 15), at(round - 2)]
      const sigma0 = rotate(early, 1n) ^ rotate(early, 8n) ^ (early >> 7n)
      const sigma1 = rotate(late, 19n) ^ rotate(late, 61n) ^ (late >> 6n)
      words.push((at(round - 16) + sigma0 + at(round - 7) + sigma1) & MASK)
    }
    const sum1 = rotate(e, 14n) ^ rotate(e, 18n) ^ rotate(e, 41n)
    const choice = (e & f) ^ (~e & MASK & g)
    const first = h + sum1 + choice + (K[round] ?? 0n) + at(round)
    const sum0 = rotate(a, 28n) ^ rotate(a, 34n) ^ rotate(a, 39n)
    const majority = (a & b) ^ (a & c) ^ (b & c)
    h = g
    g = f
    f = e
    e = (d + first) & MASK
    d = c
    c = b
    b = a
    a = (first + sum0 + majority) & MASK
  }
  return [a, b, c, d, e, f, g, h].map((word, index) => (word + (state[index] ?? 0n)) & MASK)
}

import { L, P, toInteger } from '../ed25519.ts'
import { sha512 } from './sha512.ts'

// RFC 8032, §5.1, for browsers whose WebCrypto lacks Ed25519, such as Chrome before 137, and for pages
// without HTTPS. All inputs are public, so its time may depend on them.

const D = 0x52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3n
/** A square root of -1. */
const I = 0x2b8324804fc1df0b2b4d00993dfbd7a72f431806ad2fe478c4ee1b274a0ea0b0n

/** A point in extended coordinates: x = X/Z, y = Y/Z, xy = T/Z. */
type Point = readonly [X: bigint, Y: bigint, Z: bigint, T: bigint]

const NEUTRAL: Point = [0n, 1n, 1n, 0n]
const BASE = toPoint(
  0x216936d3cd6e53fec0a4e231fdd6dc5c692cc7609525a7b2c9562d608f25d51an,
  0x6666666666666666666666666666666666666666666666666666666666666658n,
)

/** Checks a signature, whose lengths, S and points have been checked for soundness. */
export function verifyEd25519(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  const encodedR = signature.subarray(0, 32)
  const a = decompress(publicKey)
  const r = decompress(encodedR)
  if (a === null || r === null) return false
  const text = new Uint8Array([...encodedR, ...publicKey, ...message])
  const left = multiply(BASE, toInteger(signature.subarray(32)))
  const right = add(r, multiply(a, toInteger(sha512(text)) % L))
  return areSame(left, right)
}

function modulo(value: bigint): bigint {
  return ((value % P) + P) % P
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  let square = base
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % P
    square = (square * square) % P
  }
  return result
}

function toPoint(x: bigint, y: bigint): Point {
  return [x, y, 1n, modulo(x * y)]
}

/** §5.1.3. Returns null if there is no such point. */
function decompress(bytes: Uint8Array): Point | null {
  const encoded = toInteger(bytes)
  const y = encoded & (2n ** 255n - 1n)
  const isOdd = encoded >> 255n
  const u = modulo(y * y - 1n)
  const v = modulo(D * y * y + 1n)
  const root = modulo(u * v ** 3n * power(modulo(u * v ** 7n), (P - 5n) / 8n))
  const square = modulo(v * root * root)
  if (square !== u && square !== modulo(-u)) return null
  const x = square === u ? root : modulo(root * I)
  return toPoint((x & 1n) === isOdd ? x : modulo(-x), y)
}

/** §5.1.4. */
function add([x1, y1, z1, t1]: Point, [x2, y2, z2, t2]: Point): Point {
  const a = (y1 - x1) * (y2 - x2)
  const b = (y1 + x1) * (y2 + x2)
  const c = 2n * t1 * t2 * D
  const d = 2n * z1 * z2
  const [e, f, g, h] = [b - a, d - c, d + c, b + a]
  return [modulo(e * f), modulo(g * h), modulo(f * g), modulo(e * h)]
}

function multiply(point: Point, scalar: bigint): Point {
  let result = NEUTRAL
  let double = point
  for (let rest = scalar; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = add(result, double)
    double = add(double, double)
  }
  return result
}

function areSame([x1, y1, z1]: Point, [x2, y2, z2]: Point): boolean {
  return modulo(x1 * z2 - x2 * z1) === 0n && modulo(y1 * z2 - y2 * z1) === 0n
}

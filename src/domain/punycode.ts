const BASE = 36
const T_MIN = 1
const T_MAX = 26
const SKEW = 38
const DAMP = 700
const INITIAL_BIAS = 72
const INITIAL_CODE_POINT = 128
const CODE_POINT_MAX = 0x10ffff

/** Returns a host name with its `xn--` labels in Unicode. Labels that cannot be decoded stay. */
export function decodeHostname(host: string): string {
  if (!host.includes('xn--')) return host
  const decode = (label: string) => (label.startsWith('xn--') ? decodeLabel(label) : label)
  return host.split('.').map(decode).join('.')
}

/** Decodes as RFC 3492, §6.2. */
function decodeLabel(label: string): string {
  const delimiter = label.lastIndexOf('-')
  const codePoints = [...label.slice(4, Math.max(delimiter, 4))].map((char) => char.charCodeAt(0))
  let at = delimiter < 4 ? 4 : delimiter + 1
  let [codePoint, index, bias] = [INITIAL_CODE_POINT, 0, INITIAL_BIAS]
  while (at < label.length) {
    const before = index
    let weight = 1
    for (let k = BASE; ; k += BASE) {
      const value = Number.parseInt(label[at] ?? '', BASE)
      if (Number.isNaN(value)) return label
      at += 1
      // Base 36 counts digits first; Punycode counts letters first.
      const digit = value < 10 ? value + 26 : value - 10
      index += digit * weight
      const threshold = Math.min(Math.max(k - bias, T_MIN), T_MAX)
      if (digit < threshold) break
      weight *= BASE - threshold
    }
    const length = codePoints.length + 1
    bias = adaptBias(index - before, length, before === 0)
    codePoint += Math.floor(index / length)
    if (codePoint > CODE_POINT_MAX) return label
    index %= length
    codePoints.splice(index, 0, codePoint)
    index += 1
  }
  return String.fromCodePoint(...codePoints)
}

function adaptBias(delta: number, length: number, isFirst: boolean): number {
  let rest = Math.floor(delta / (isFirst ? DAMP : 2))
  rest += Math.floor(rest / length)
  let k = 0
  for (; rest > ((BASE - T_MIN) * T_MAX) / 2; k += BASE) rest = Math.floor(rest / (BASE - T_MIN))
  return k + Math.floor(((BASE - T_MIN + 1) * rest) / (rest + SKEW))
}

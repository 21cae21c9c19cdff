import { expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  generateKey,
  getLastFour,
  isCanonicalKey,
  listOtherReadings,
  maskKey,
  parseKey,
} from '~/domain/keys.ts'
import vectors from '../../sdks/conformance/vectors/keys.json'
import { readCpuMs } from '../support/cpu.ts'

const { alphabet } = vectors
const bytes = (hex: string) => Uint8Array.fromHex(hex)
const seventyBits = fc.uint8Array({ minLength: 9, maxLength: 16 })
const prefixes = fc.stringMatching(/^[A-Z0-9]{2,8}$/)
const keyLikeTexts = fc
  .array(fc.constantFrom(...'TOAB019ILOUilou- \t'), { minLength: 16, maxLength: 30 })
  .map((characters) => characters.join(''))

/** Returns the prefix and the 16 symbols of a canonical key. */
function splitKey(key: string): { prefix: string; symbols: string[] } {
  const [prefix = '', ...groups] = key.split('-')
  return { prefix, symbols: [...groups.join('')] }
}

function checksOut(prefix: string, symbols: readonly string[]): boolean {
  const key = parseKey(prefix + symbols.join(''))
  return key.kind === 'licet' && key.checksOut
}

test.each(vectors.valid)(
  'key vectors: $key is generated from its prefix and random bits',
  (row) => {
    expect(generateKey(row.prefix, bytes(row.random_hex))).toBe(row.key)
    const parsed = { kind: 'licet', canonical: row.key, display: row.key, checksOut: true } as const
    expect(parseKey(row.key)).toEqual(parsed)
  },
)

test.each(vectors.reads_as)(
  'key vectors: $text is parsed and displayed as $canonical',
  ({ text, canonical }) => {
    const parsed = { kind: 'licet', canonical, display: canonical, checksOut: true } as const
    expect(parseKey(text)).toEqual(parsed)
  },
)

test.each(vectors.malformed)('key vectors: $text fails its check: $why', ({ text }) => {
  expect(parseKey(text)).toMatchObject({ kind: 'licet', checksOut: false, display: text })
})

test.each(vectors.foreign)(
  'key vectors: $text is an imported key and compared exactly',
  ({ text, canonical }) => {
    expect(parseKey(text)).toEqual({ kind: 'imported', canonical, display: canonical })
  },
)

test.each(vectors.unusable)('key vectors: a string is unusable: $why', ({ text }) => {
  expect(parseKey(text)).toEqual({ kind: 'unusable' })
})

test.each(vectors.other_readings)(
  'key vectors: if no license has the key %j, it is looked up in its other readings',
  ({ text, readings }) => {
    expect(listOtherReadings(text).map(({ canonical }) => canonical)).toEqual(readings)
  },
)

test('keys: a text that counts as canonical is its own canonical form, whatever its check symbols', () => {
  const { reads_as, malformed, foreign } = vectors
  const rows = [...reads_as, ...malformed, ...foreign].map(({ text }) => text)
  const keys = vectors.valid.map(({ key }) => key)
  const wrong = keys.map((key) => `${key.slice(0, -1)}${key.endsWith('0') ? '1' : '0'}`)
  const canonical = [...rows, ...keys, ...wrong].filter(isCanonicalKey)
  expect(canonical).toEqual(expect.arrayContaining(keys))
  for (const text of canonical) expect(parseKey(text)).toMatchObject({ canonical: text })
})

test.each(vectors.masked)('key vectors: $key is masked as $masked', ({ key, masked }) => {
  expect(maskKey(key)).toBe(masked)
  expect(masked.endsWith(getLastFour(key))).toBe(true)
})

const lastKeys = vectors.valid.slice(-3).map(({ key }) => splitKey(key))

test('key check: any one or two wrong symbols are detected', () => {
  let passed = 0
  for (const { prefix, symbols } of lastKeys) {
    for (let i = 0; i < 16; i += 1) {
      for (const one of alphabet) {
        const wrong = symbols.with(i, one)
        if (one !== symbols[i] && checksOut(prefix, wrong)) passed += 1
        for (let j = 0; j < i; j += 1) {
          for (const other of alphabet) {
            if (one === symbols[i] || other === symbols[j]) continue
            if (checksOut(prefix, wrong.with(j, other))) passed += 1
          }
        }
      }
    }
  }
  expect(passed).toBe(0)
})

test('key check: any swap of two different symbols is detected', () => {
  fc.assert(
    fc.property(prefixes, seventyBits, (givenPrefix, randomBytes) => {
      const { prefix, symbols } = splitKey(generateKey(givenPrefix, randomBytes))
      for (let i = 0; i < 16; i += 1) {
        for (let j = 0; j < i; j += 1) {
          const [one = '', other = ''] = [symbols[i], symbols[j]]
          const swapped = symbols.with(i, other).with(j, one)
          expect(checksOut(prefix, swapped)).toBe(one === other)
        }
      }
    }),
  )
})

test('key check: about one in 1024 wrong prefixes passes', () => {
  const { symbols } = splitKey(generateKey('TO', bytes('3fa4c0e91b7d5862a8')))
  let passed = 0
  let attempts = 0
  for (const one of alphabet) {
    for (const two of alphabet) {
      for (const three of alphabet) {
        attempts += 1
        if (checksOut(one + two + three, symbols)) passed += 1
      }
    }
  }
  expect(attempts / passed).toBeGreaterThan(800)
  expect(attempts / passed).toBeLessThan(1300)
})

test('key generation: a key encodes the first 70 random bits and ignores the rest', () => {
  fc.assert(
    fc.property(prefixes, seventyBits, (prefix, randomBytes) => {
      const key = generateKey(prefix, randomBytes)
      const { symbols } = splitKey(key)
      const values = symbols.slice(0, 14).map((symbol) => alphabet.indexOf(symbol))
      const bits = values.map((value) => value.toString(2).padStart(5, '0')).join('')
      const given = [...randomBytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
      expect(bits).toBe(given.slice(0, 70))
      expect(parseKey(key)).toMatchObject({ canonical: key, display: key, checksOut: true })
    }),
  )
})

test('key generation: too few random bytes or an invalid prefix fail an assertion', () => {
  expect(() => generateKey('TO', new Uint8Array(8))).toThrow('Assertion failed')
  for (const prefix of ['', 'T', 'to', 'TO-', 'ABCDEFGHI', 'TÖ']) {
    expect(() => generateKey(prefix, new Uint8Array(9))).toThrow('Assertion failed')
  }
})

test('key parsing: an imported key shaped like ours is looked up leniently, shown as given', () => {
  const given = 'to-a3f2-b891-c4d7-eo52'
  expect(parseKey(` ${given} `)).toEqual({
    kind: 'licet',
    canonical: 'TO-A3F2-B891-C4D7-E052',
    display: given,
    checksOut: false,
  })
})

test('key parsing: parsing a canonical form returns it unchanged', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), keyLikeTexts), (text) => {
      const key = parseKey(text)
      if (key.kind === 'unusable') return
      expect(parseKey(key.canonical)).toMatchObject({ kind: key.kind, canonical: key.canonical })
      expect(parseKey(key.display)).toEqual(key)
    }),
  )
})

test('key parsing: a text in any of its readings is read as the same key', () => {
  const signs = fc.array(fc.constantFrom(...'“”"(): .,\u200b\u00ad–TO04HMASW9NF6YY0CN'), {
    maxLength: 40,
  })
  fc.assert(
    fc.property(signs, (characters) => {
      for (const reading of listOtherReadings(characters.join(''))) {
        const again = parseKey(reading.canonical)
        if (reading.kind === 'licet') expect(again).toMatchObject({ canonical: reading.canonical })
      }
    }),
  )
})

test('key parsing: hostile texts are read in linear time', () => {
  for (const unit of ['“', 'a:', '\u200b', 'A ', 'ﷺ', '=x ', '("']) {
    const startedAtMs = readCpuMs()
    parseKey(unit.repeat(20_000))
    listOtherReadings(unit.repeat(20_000))
    expect(readCpuMs() - startedAtMs).toBeLessThan(2000)
  }
})

test('key parsing: a lone surrogate makes a string unusable', () => {
  expect(parseKey('an imported key: \ud800')).toEqual({ kind: 'unusable' })
})

test.each(['A', ' ', 'A-', 'A ', '🔑', '\u0000', 'A\u00a0'])(
  'key parsing: 10,000 × %j is unusable',
  (unit) => {
    expect(parseKey(unit.repeat(10_000))).toEqual({ kind: 'unusable' })
  },
)

test('key parsing: any amount of white space is ignored', () => {
  const [row] = vectors.valid
  const spread = [...(row?.key ?? '')].join(' '.repeat(10_000))
  expect(parseKey(spread)).toMatchObject({ kind: 'licet', canonical: row?.key, checksOut: true })
})

import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { generateKey, getLastFour, maskKey, parseKey } from '~/domain/keys.ts'
import vectors from '../vectors/keys.json'

const { alphabet } = vectors
const bytes = (hex: string) => Uint8Array.fromHex(hex)
const seventyBits = fc.uint8Array({ minLength: 9, maxLength: 16 })
const prefixes = fc.stringMatching(/^[A-Z0-9]{2,8}$/)
const keyLikeTexts = fc
  .array(fc.constantFrom(...'TOAB019ILOUilou- \t'), { minLength: 16, maxLength: 30 })
  .map((characters) => characters.join(''))

/** The prefix and the 16 symbols of a canonical key, to be tampered with. */
function takeApart(key: string): { prefix: string; symbols: string[] } {
  const [prefix = '', ...groups] = key.split('-')
  return { prefix, symbols: [...groups.join('')] }
}

function checksOut(prefix: string, symbols: readonly string[]): boolean {
  const key = parseKey(prefix + symbols.join(''))
  return key.kind === 'licet' && key.checksOut
}

describe('the published vectors', () => {
  test.each(vectors.valid)('$key is made from its prefix and random bits', (row) => {
    expect(generateKey(row.prefix, bytes(row.random_hex))).toBe(row.key)
    const read = { kind: 'licet', canonical: row.key, display: row.key, checksOut: true } as const
    expect(parseKey(row.key)).toEqual(read)
  })

  test.each(vectors.reads_as)('$text is read as $canonical and shown so', ({ text, canonical }) => {
    const read = { kind: 'licet', canonical, display: canonical, checksOut: true } as const
    expect(parseKey(text)).toEqual(read)
  })

  test.each(vectors.malformed)('$text does not check out: $why', ({ text }) => {
    expect(parseKey(text)).toMatchObject({ kind: 'licet', checksOut: false, display: text })
  })

  test.each(vectors.foreign)('$text is foreign and compared exactly', ({ text, canonical }) => {
    expect(parseKey(text)).toEqual({ kind: 'imported', canonical, display: canonical })
  })

  test.each(vectors.unusable)('a text is unusable: $why', ({ text }) => {
    expect(parseKey(text)).toEqual({ kind: 'unusable' })
  })

  test.each(vectors.masked)('$key is masked as $masked', ({ key, masked }) => {
    expect(maskKey(key)).toBe(masked)
    expect(masked.endsWith(getLastFour(key))).toBe(true)
  })
})

describe('mistakes', () => {
  const keys = vectors.valid.slice(-3).map(({ key }) => takeApart(key))

  test('every one and every two wrong symbols are caught', () => {
    let passed = 0
    for (const { prefix, symbols } of keys) {
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

  test('every swap of two different symbols is caught', () => {
    fc.assert(
      fc.property(prefixes, seventyBits, (givenPrefix, randomBytes) => {
        const { prefix, symbols } = takeApart(generateKey(givenPrefix, randomBytes))
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

  test('a wrong prefix fails but for one in about 1024', () => {
    const { symbols } = takeApart(generateKey('TO', bytes('3fa4c0e91b7d5862a8')))
    let passed = 0
    let tried = 0
    for (const one of alphabet) {
      for (const two of alphabet) {
        for (const three of alphabet) {
          tried += 1
          if (checksOut(one + two + three, symbols)) passed += 1
        }
      }
    }
    expect(tried / passed).toBeGreaterThan(800)
    expect(tried / passed).toBeLessThan(1300)
  })
})

describe('generateKey', () => {
  test('70 random bits come back out of the key, the rest are not used', () => {
    fc.assert(
      fc.property(prefixes, seventyBits, (prefix, randomBytes) => {
        const key = generateKey(prefix, randomBytes)
        const { symbols } = takeApart(key)
        const values = symbols.slice(0, 14).map((symbol) => alphabet.indexOf(symbol))
        const bits = values.map((value) => value.toString(2).padStart(5, '0')).join('')
        const given = [...randomBytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
        expect(bits).toBe(given.slice(0, 70))
        expect(parseKey(key)).toMatchObject({ canonical: key, display: key, checksOut: true })
      }),
    )
  })

  test('too few random bytes or a prefix of another form is our own failure', () => {
    expect(() => generateKey('TO', new Uint8Array(8))).toThrow('Assertion failed')
    for (const prefix of ['', 'T', 'to', 'TO-', 'ABCDEFGHI', 'TÖ']) {
      expect(() => generateKey(prefix, new Uint8Array(9))).toThrow('Assertion failed')
    }
  })
})

describe('parseKey', () => {
  test('an imported key of Licet’s shape is looked up leniently and shown as it was given', () => {
    const given = 'to-a3f2-b891-c4d7-eo52'
    expect(parseKey(` ${given} `)).toEqual({
      kind: 'licet',
      canonical: 'TO-A3F2-B891-C4D7-E052',
      display: given,
      checksOut: false,
    })
  })

  test('a canonical form is read as itself', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), keyLikeTexts), (text) => {
        const key = parseKey(text)
        if (key.kind === 'unusable') return
        expect(parseKey(key.canonical)).toMatchObject({ kind: key.kind, canonical: key.canonical })
        expect(parseKey(key.display)).toEqual(key)
      }),
    )
  })

  test('a lone surrogate makes a text unusable', () => {
    expect(parseKey('a foreign key: \ud800')).toEqual({ kind: 'unusable' })
  })

  test.each(['A', ' ', 'A-', 'A ', '🔑', '\u0000', 'A\u00a0'])(
    '10,000 × %j is unusable',
    (unit) => {
      expect(parseKey(unit.repeat(10_000))).toEqual({ kind: 'unusable' })
    },
  )

  test('white space is dropped however much there is', () => {
    const [row] = vectors.valid
    const spread = [...(row?.key ?? '')].join(' '.repeat(10_000))
    expect(parseKey(spread)).toMatchObject({ kind: 'licet', canonical: row?.key, checksOut: true })
  })
})

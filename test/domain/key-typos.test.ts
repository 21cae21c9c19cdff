import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { listNearKeys } from '~/domain/key-typos.ts'
import { ALPHABET, generateKey, parseKey } from '~/domain/keys.ts'

const keys = fc.uint8Array({ minLength: 9, maxLength: 9 }).map((bytes) => generateKey('TO', bytes))

/** Replaces the symbol at a place, counted without the prefix and dashes, by the next in the alphabet. */
function spoil(key: string, place: number, by: number): string {
  const index = 'TO-'.length + place + Math.floor(place / 4)
  const value = (ALPHABET.indexOf(key.charAt(index)) + by) % ALPHABET.length
  return key.slice(0, index) + ALPHABET.charAt(value) + key.slice(index + 1)
}

const places = fc.integer({ min: 0, max: 15 })
const changes = fc.integer({ min: 1, max: 31 })

test('key typos: a key with any two wrong symbols is near the right one', () => {
  fc.assert(
    fc.property(keys, places, places, changes, changes, (key, one, other, byOne, byOther) => {
      fc.pre(one !== other)
      const wrong = spoil(spoil(key, one, byOne), other, byOther)
      expect(listNearKeys(wrong)).toContain(key)
    }),
  )
})

test('key typos: a key with two wrong symbols is near few keys that check out', () => {
  fc.assert(
    fc.property(keys, (key) => {
      const near = listNearKeys(spoil(spoil(key, 1, 7), 9, 3)).map((text) => parseKey(text))
      const right = near.filter((each) => each.kind === 'licet' && each.checksOut)
      expect(right.length).toBeLessThanOrEqual(16 * 15)
    }),
    { numRuns: 20 },
  )
})

test('key typos: a key that checks out has no near ones', () => {
  fc.assert(fc.property(keys, (key) => expect(listNearKeys(key)).toEqual([])))
})

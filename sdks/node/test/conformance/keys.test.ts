import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type KeyCheck, Keys } from '../../src/keys.ts'
import { readVectors } from './vectors.ts'

interface KeyVectors {
  readonly valid: readonly { readonly key: string }[]
  readonly reads_as: readonly KeyCase[]
  readonly malformed: readonly KeyCase[]
  readonly foreign: readonly KeyCase[]
  readonly unusable: readonly KeyCase[]
}

interface KeyCase {
  readonly text: string
  readonly canonical?: string
}

const vectors = readVectors<KeyVectors>('keys.json')
const generated = vectors.valid.map(({ key }) => ({ text: key, canonical: key }))

testCases('valid', generated)
testCases('valid', vectors.reads_as)
testCases('malformed', vectors.malformed)
testCases('foreign', vectors.foreign)
testCases('unusable', vectors.unusable)

function testCases(check: KeyCheck, cases: readonly KeyCase[]): void {
  for (const { text, canonical } of cases) {
    test(`keys.json: ${JSON.stringify(text)} is ${check}`, () => {
      assert.equal(Keys.check(text), check)
      if (canonical !== undefined) assert.equal(Keys.normalize(text), canonical)
      if (check === 'unusable') assert.equal(Keys.normalize(text), null)
    })
  }
}

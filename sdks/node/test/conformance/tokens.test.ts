import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TokenType } from '../../src/claims.ts'
import { judge, readClock } from '../../src/judge.ts'
import { nodePlatform } from '../../src/node/platform.ts'
import { emptyRecord } from '../../src/record.ts'
import { type Token, TokenError } from '../../src/tokens.ts'
import { type Expectations, type LicenseToken, verifyToken } from '../../src/verification.ts'
import { readVectors } from './vectors.ts'

interface TokenCase {
  readonly id: string
  readonly description: string
  readonly text: string
  readonly options: Expectations & { readonly type: TokenType }
  readonly expected: Readonly<Record<string, unknown>>
}

const { verifySignature } = nodePlatform
const { cases } = readVectors<{ readonly cases: readonly TokenCase[] }>('tokens.json')

for (const { id, description, text, options, expected } of cases) {
  test(`tokens.json, ${id}: ${description}`, async () => {
    const found = await verify(text, options)
    for (const [name, value] of Object.entries(expected)) {
      assert.deepEqual({ [name]: found[name] }, { [name]: value })
    }
  })
}

async function verify(text: string, options: TokenCase['options']) {
  try {
    return describe(await verifyToken(text, options.type, options, verifySignature), options)
  } catch (error) {
    if (error instanceof TokenError) return { ok: false, code: error.code }
    throw error
  }
}

function describe(token: Token, options: TokenCase['options']): Readonly<Record<string, unknown>> {
  const { type, claims } = token
  if (type === 'licet-answer+jwt' || type === 'licet-revocations+jwt')
    return { ok: true, ...claims }
  const evidence = { record: emptyRecord, tokens: [token as LicenseToken] }
  const terms = { ...options, refreshSeconds: 0, hardLimitSeconds: 0 }
  const { state, refresh } = judge(evidence, options.now, null, terms)
  const { isBehind } = readClock(evidence, options.now, {})
  return { ok: true, state: state.status, refresh, clockBehind: isBehind }
}

import { test } from 'node:test'
import { NoAnswer } from '../../src/errors.ts'
import { addFile, addRevocations } from '../../src/imports.ts'
import { judge, openRecord, type Ruling } from '../../src/judge.ts'
import { nodePlatform } from '../../src/node/platform.ts'
import { type LicenseRecord, parseRecord } from '../../src/record.ts'
import { TokenError } from '../../src/tokens.ts'
import { type Outcome, readVerdict } from '../../src/verdicts.ts'
import { assertMatches } from './matches.ts'
import { readVectors } from './vectors.ts'

interface Options {
  readonly publicKeys?: readonly string[]
  readonly product?: string
  readonly fingerprint?: string
  readonly domain?: string
  readonly features?: readonly string[]
  readonly nonce?: string
  readonly requestBody?: string
  readonly refresh?: number
  readonly hardLimit?: number
  readonly builtAt?: number
}

interface Step {
  readonly now: number
  readonly options?: Options
  readonly outcome?: StepOutcome | null
  readonly importFile?: string
  readonly importRevocations?: string
  readonly expected: Readonly<Record<string, unknown>>
}

type StepOutcome =
  | { readonly failure: 'timeout' | 'network' }
  | {
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      readonly body: string
    }

interface JudgeCase {
  readonly id: string
  readonly description: string
  readonly options: Options
  readonly record: unknown
  readonly steps: readonly Step[]
}

const { verifySignature } = nodePlatform
const { cases } = readVectors<{ readonly cases: readonly JudgeCase[] }>('judge.json')

for (const { id, description, options, record, steps } of cases) {
  test(`judge.json, ${id}: ${description}`, async () => {
    let stored = JSON.stringify(record)
    for (const step of steps) {
      const before = parseRecord(stored)
      const result = await runStep(before, step, { ...options, ...step.options })
      assertMatches(result, step.expected)
      stored = JSON.stringify(result.record)
    }
  })
}

type Result = Ruling | { readonly error: string; readonly record: LicenseRecord }

async function runStep(record: LicenseRecord, step: Step, given: Options): Promise<Result> {
  const { publicKeys = [], refresh = 86_400, hardLimit = 2_592_000, ...rest } = given
  const { product = null, fingerprint = null, domain = null } = given
  const options = { ...rest, publicKeys, refreshSeconds: refresh, hardLimitSeconds: hardLimit }
  const context = { builtAt: 0, ...options, platform: nodePlatform }
  const subject = { key: null, product, fingerprint, domain }
  const evidence = await openRecord(record, publicKeys, verifySignature)
  const { now, importFile, importRevocations } = step
  try {
    if (importFile !== undefined) return await addFile(evidence, now, importFile, context, subject)
    if (importRevocations !== undefined) {
      return await addRevocations(evidence, now, importRevocations, context, subject)
    }
  } catch (error) {
    if (error instanceof TokenError) return { error: error.code, record }
    throw error
  }
  const outcome = step.outcome == null ? null : buildOutcome(step.outcome)
  const found = outcome && (await readVerdict(outcome, options, record.feed, verifySignature))
  return judge(evidence, now, found?.kind === 'none' ? null : found, options)
}

function buildOutcome(outcome: StepOutcome): Outcome {
  if ('failure' in outcome) return { failure: new NoAnswer(outcome.failure, 'No answer.') }
  const { status, headers, body } = outcome
  return { status, date: headers.date ?? null, body }
}

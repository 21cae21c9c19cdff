import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { createJobRunner } from '~/jobs/runner.ts'
import { schedule } from '~/jobs/schedule.ts'
import type { TestResponse } from '../../support/app.ts'
import { type ServedApp, serveTestApp } from '../../support/browser.ts'
import { readMailSettings } from '../../support/mail-server.ts'
import { sizeOf } from '../../support/nodes.ts'
import { listOperations } from './fuzz/document.ts'
import { createJudge, type Judge } from './fuzz/judge.ts'
import { type FuzzRequest, type Operation, requestFor } from './fuzz/requests.ts'
import { createSeeds, type Seeds } from './fuzz/seeds.ts'
import { readState } from './fuzz/state.ts'
import { describeRequest, sendWire } from './fuzz/wire.ts'

/** A failure names its seed: `FUZZ_SEED=` repeats its requests. */
const SEED = Number(process.env.FUZZ_SEED ?? 20_260_306)
const ROUNDS = sizeOf(1, 25)
const REQUESTS_PER_OPERATION = sizeOf(4, 25)
/** Requests delete and revoke what later ones need. */
const OPERATIONS_PER_SEEDS = 15
/** Far more than it takes: a busy machine is no finding. */
const TIMEOUT_MS = sizeOf(300_000, 7_200_000)
const FINDINGS_SHOWN = 10
const ERROR_LEVEL = 50
const SECOND_MS = 1000

/** Opens a server with everything turned on that the document describes. */
async function openTarget(): Promise<ServedApp> {
  const { config, smtp } = readMailSettings('smtp://127.0.0.1:1')
  const app = await serveTestApp({ ...config, trustedProxies: ['127.0.0.1'] }, smtp)
  const { deps } = app
  const runners = schedule.map(
    (job) => [job, createJobRunner(deps, job.name, (signal) => job.run(deps, signal))] as const,
  )
  deps.jobs.mount(new Map(runners))
  return app
}

/** The findings of all rounds, once for each operation and kind of problem. */
interface Results {
  readonly findings: Map<string, string>
  readonly succeeded: Set<string>
}

interface Target {
  readonly app: ServedApp
  readonly judge: Judge
  readonly seeds: Seeds
}

/** Whether a refusal has an event of its own: that a limit of the license is reached. */
const isNoted = ({ body }: TestResponse) => /_LIMIT_REACHED$/.test(body?.code ?? body?.error ?? '')

/** Sends requests of one operation, and notes what is wrong with their responses and effects. */
async function attack(
  { app, judge, seeds }: Target,
  operation: Operation,
  requests: readonly FuzzRequest[],
  { findings, succeeded }: Results,
): Promise<void> {
  let before = await readState(app)
  for (const { kind, wire } of requests) {
    const lines = app.logLines.length
    const response = await sendWire(app.app.server?.port ?? 0, wire)
    const after = await readState(app)
    const problems = judge(operation, wire, response, seeds.secrets)
    if (response.status >= 400 && !isNoted(response)) problems.push(...before.compare(after))
    const logged = app.logLines.slice(lines).find((line) => JSON.parse(line).level >= ERROR_LEVEL)
    if (logged !== undefined) problems.push(`it is logged as an error: ${logged}`)
    const text = `${response.status} ${response.text.slice(0, 500)}`
    if (problems.length > 0) {
      const finding = [...problems, text, describeRequest(wire)].join('\n')
      findings.set(`${operation.id} ${problems[0]}`, `${operation.id}, ${kind}: ${finding}`)
    }
    if (response.status < 300) succeeded.add(operation.id)
    before = after
    app.clock.advanceMs(SECOND_MS)
  }
}

/** Sends requests of all operations to a new server. Returns the number of operations. */
async function runRound(seed: number, results: Results): Promise<number> {
  await using app = await openTarget()
  const { body: document } = await app.send('GET', '/swagger/json')
  const operations = listOperations(document)
  const judge = createJudge(document)
  let seeds = await createSeeds(app)
  for (const [index, operation] of operations.entries()) {
    if (index % OPERATIONS_PER_SEEDS === 0) seeds = await createSeeds(app)
    const requests = fc.sample(requestFor(operation, document.components.schemas, seeds), {
      seed: seed + index,
      numRuns: REQUESTS_PER_OPERATION,
    })
    await attack({ app, judge, seeds }, operation, requests, results)
  }
  expect((await app.send('GET', '/readyz')).body).toEqual({ status: 'ok' })
  return operations.length
}

function expectNone(findings: Results['findings'], seed: number): void {
  const { size } = findings
  const shown = [...findings.values()].slice(0, FINDINGS_SHOWN).join('\n\n')
  expect(size, `${size} findings with FUZZ_SEED=${seed}:\n\n${shown}`).toBe(0)
}

test(
  'fuzz: no request makes an operation fail, differ from the document, or change anything in vain',
  async () => {
    const results: Results = { findings: new Map(), succeeded: new Set() }
    let operations = 0
    for (let round = 0; round < ROUNDS; round += 1) {
      const seed = SEED + round * 1000
      operations = await runRound(seed, results)
      expectNone(results.findings, seed)
    }
    const { succeeded } = results
    // Otherwise the requests would test nothing but the checks in front of the operations.
    expect(operations).toBeGreaterThan(120)
    expect(succeeded.size).toBeGreaterThan(operations * 0.7)
  },
  TIMEOUT_MS,
)

import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { compatSources } from '~/domain/compat/sources.ts'
import type { CompatApi, CompatRoute } from '~/http/compat/api.ts'
import { edd } from '~/http/compat/edd.ts'
import { gumroad } from '~/http/compat/gumroad.ts'
import { keygen } from '~/http/compat/keygen.ts'
import { lemonsqueezy } from '~/http/compat/lemonsqueezy.ts'
import { trafficOrchestrator } from '~/http/compat/trafficorchestrator.ts'
import type { TestResponse } from '../../support/app.ts'
import { type ServedApp, serveTestApp } from '../../support/browser.ts'
import { sizeOf } from '../../support/nodes.ts'
import { INTERNALS } from '../openapi/fuzz/judge.ts'
import { readState } from '../openapi/fuzz/state.ts'
import { describeRequest, sendWire, type WireRequest } from '../openapi/fuzz/wire.ts'
import { createKnown } from './fuzz/known.ts'
import { requestFor } from './fuzz/requests.ts'

/** A failure names its seed: `FUZZ_SEED=` repeats its requests. */
const SEED = Number(process.env.FUZZ_SEED ?? 20_260_306)
const REQUESTS_PER_ROUTE = sizeOf(2, 100)
/** Far more than it takes: a busy machine is no finding. */
const TIMEOUT_MS = sizeOf(300_000, 7_200_000)
const FINDINGS_SHOWN = 10
const ERROR_LEVEL = 50
const SECOND_MS = 1000

const apis: readonly CompatApi[] = [trafficOrchestrator, lemonsqueezy, gumroad, edd, keygen]

/** Lists what is wrong with a response, in whichever format it is. */
function judge({ status, headers, text }: TestResponse): string[] {
  return [
    ...(status >= 200 && status < 500 ? [] : [`the status is ${status}`]),
    ...(status < 400 || text !== '' ? [] : ['an error has no body']),
    ...(headers.has('x-injected') ? ['a header was injected'] : []),
    ...(headers.has('x-request-id') ? [] : ['there is no request ID']),
    ...(headers.get('x-content-type-options') === 'nosniff' ? [] : ['nosniff is missing']),
    ...(INTERNALS.test(text) ? ['it shows internals'] : []),
  ]
}

const isError = (line: string) => JSON.parse(line).level >= ERROR_LEVEL

/** Sends requests of one route, and returns what is wrong with their responses and effects. */
async function attack(
  app: ServedApp,
  { method, path }: CompatRoute,
  requests: readonly WireRequest[],
): Promise<{ readonly findings: string[]; readonly hasSucceeded: boolean }> {
  const findings: string[] = []
  let hasSucceeded = false
  let before = await readState(app)
  for (const wire of requests) {
    const lines = app.logLines.length
    const response = await sendWire(app.app.server?.port ?? 0, wire)
    const after = await readState(app)
    const { status, text } = response
    const problems = [...judge(response), ...app.logLines.slice(lines).filter(isError)]
    if (status >= 400) problems.push(...before.compare(after))
    if (problems.length > 0) {
      const sent = describeRequest(wire)
      const answer = `${status} ${text.slice(0, 500)}`
      findings.push([`${method} ${path}`, ...problems, answer, sent].join('\n'))
    }
    hasSucceeded ||= status < 300
    before = after
    app.clock.advanceMs(SECOND_MS)
  }
  return { findings, hasSucceeded }
}

test(
  'fuzz: no request in the format of another product makes the server fail, or changes anything in vain',
  async () => {
    const env = { LICET_KEYGEN_PRIVATE_KEY: Buffer.alloc(32, 'fake').toString('hex') }
    const config = { compat: compatSources, trustedProxies: ['127.0.0.1'] }
    await using app = await serveTestApp(config, null, env)
    const routes = apis.flatMap(({ source, routes: own }) =>
      own.map((route) => ({ source, route })),
    )
    const findings: string[] = []
    let succeeded = 0
    for (const [index, { source, route }] of routes.entries()) {
      const known = await createKnown(app)
      const sample = { seed: SEED + index, numRuns: REQUESTS_PER_ROUTE }
      const requests = fc.sample(requestFor(source, route, known), sample)
      const result = await attack(app, route, requests)
      findings.push(...result.findings)
      if (result.hasSucceeded) succeeded += 1
    }
    await app.deps.usage.flush()
    findings.push(...app.logLines.filter(isError))
    const shown = findings.slice(0, FINDINGS_SHOWN).join('\n\n')
    const summary = `${findings.length} findings with FUZZ_SEED=${SEED}:\n\n${shown}`
    expect(findings.length, summary).toBe(0)
    // Otherwise the requests would test nothing but the checks in front of the routes.
    expect(succeeded).toBeGreaterThan(routes.length / 3)
  },
  TIMEOUT_MS,
)

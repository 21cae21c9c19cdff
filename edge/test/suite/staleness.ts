import { openEdge, type TestEdge } from '../support/edge.ts'
import { deliver, webhookSecret } from '../support/events.ts'
import { createClock, createSlowCache } from '../support/platform.ts'
import { createLicense, type License, manage } from '../support/primary.ts'
import { createRandom } from '../support/random.ts'
import { expectTrue, testEach } from '../support/tap.ts'

const STEPS = 250
const PROMISED_MS = 300_000
const CACHE_DELAY_MS = 60_000
const domain = 'app.example.com'

interface Model {
  suspendedAtMs: number | null
  /** When the event about the suspension has reached a hook. */
  toldAtMs: number | null
}

/** Plays random steps on two edges that share a cache, and checks each answer against the model. */
async function play(seed: number, isPushed: boolean): Promise<void> {
  const random = createRandom(seed)
  const clock = createClock()
  const cache = createSlowCache(clock, () => random() * CACHE_DELAY_MS)
  const options = { clock, cache, ...(isPushed && { webhookSecret }) }
  const edges = [await openEdge(options), await openEdge(options)] as const
  const license = await createLicense()
  const model: Model = { suspendedAtMs: null, toldAtMs: null }
  let confirmed = 0

  for (let step = 0; step < STEPS; step += 1) {
    const edge = edges[random() < 0.5 ? 0 : 1]
    const chance = random()
    if (chance < 0.45) confirmed += (await validate(edge, license, model, step)) ? 1 : 0
    else if (chance < 0.6) clock.advance(random() * 40_000)
    else if (chance < 0.8) await edge.settle()
    else if (chance < 0.9) await change(license, model, clock.now())
    else if (isPushed) await tell(edge, license, model)
  }
  await Promise.all(edges.map((edge) => edge.settle()))
  expectTrue(confirmed > 0, `Seed ${seed}: no answer came from the cache.`)
}

/** Validates the license. Returns whether the answer came from the cache. */
async function validate(edge: TestEdge, { key }: License, model: Model, step: number) {
  const { json, isLocal } = await edge.validate({ key, domain })
  const { suspendedAtMs, toldAtMs } = model
  const nowMs = edge.clock.now()
  const endsAtMs = Math.min(
    (suspendedAtMs ?? nowMs) + PROMISED_MS,
    (toldAtMs ?? nowMs) + CACHE_DELAY_MS,
  )
  const mayBeValid = suspendedAtMs === null || (isLocal && nowMs < endsAtMs)
  expectTrue(json.valid !== true || mayBeValid, `Step ${step}: valid, but suspended and too late.`)
  expectTrue(json.valid === true || suspendedAtMs !== null, `Step ${step}: refused, but valid.`)
  return isLocal
}

async function change({ id }: License, model: Model, nowMs: number): Promise<void> {
  const isSuspended = model.suspendedAtMs !== null
  await manage('POST', `/licenses/${id}/${isSuspended ? 'reinstate' : 'suspend'}`, {})
  model.suspendedAtMs = isSuspended ? null : nowMs
  model.toldAtMs = null
}

async function tell(edge: TestEdge, { id }: License, model: Model): Promise<void> {
  const type = model.suspendedAtMs === null ? 'license.reinstated' : 'license.suspended'
  await deliver(edge, type, id)
  if (model.suspendedAtMs !== null) model.toldAtMs ??= edge.clock.now()
}

const seeds = { '1': 1, '2': 2 }
testEach(
  'without a webhook, no valid answer comes 300 seconds after a suspension (seed $)',
  seeds,
  (seed) => play(seed, false),
)
testEach(
  'with a webhook, no valid answer comes later than the cache after a suspension (seed $)',
  seeds,
  (seed) => play(seed, true),
)

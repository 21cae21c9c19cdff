import { readResponse, type TestResponse } from '../../../support/app.ts'
import type { Random } from '../../../support/random.ts'
import type { ClusterEdge } from './cluster.ts'
import { facts, type ModelLicense, noteTaken, pickPlace, type World } from './world.ts'

const TIMEOUT_MS = 20_000
const PAUSE_MAX_MS = 25
const RETIRED_MAX = 10

/** Validates licenses through random edges until the run ends, and checks every answer. */
export async function runClient(world: World, random: Random): Promise<void> {
  while (world.isRunning) {
    const edge = random.pick(world.cluster.edges)
    const isRetired = random.chance(0.3) && world.retired.length > 0
    const license = random.pick(isRetired ? world.retired.slice(-RETIRED_MAX) : world.licenses)
    if (edge === undefined || license === undefined) return
    await validate(world, random, edge, license)
    await Bun.sleep(random.below(PAUSE_MAX_MS))
  }
}

/** Validates a license through all edges now, because something has changed. */
export function probe(world: World, random: Random, license: ModelLicense): void {
  for (const edge of world.cluster.edges) {
    const probing = validate(world, random, edge, license)
    world.probes.add(probing)
    void probing.finally(() => world.probes.delete(probing))
  }
}

async function validate(
  world: World,
  random: Random,
  edge: ClusterEdge,
  license: ModelLicense,
): Promise<void> {
  const { history } = world
  const known = world.lastValid.get(`${edge.name} ${license.id}`)
  const { place, asksFeature } =
    known !== undefined && random.chance(0.7)
      ? known
      : { place: pickPlace(license.plan, random), asksFeature: random.chance(0.5) }
  const body = { key: license.key, ...place, ...(asksFeature && { features: ['export'] }) }
  const askedAtMs = performance.now()
  const response = await callEdge(edge, 'validate', body, random)
  const answeredAtMs = performance.now()
  if (response === 'down') return
  const verdict = readVerdict(response)
  const isStale = response?.headers.has('licet-stale') === true
  count(world.figures, response, verdict, isStale)
  // The usage of a license has no requests with keys that are unknown.
  if (verdict !== 'LICENSE_NOT_FOUND') {
    world.validated.push({
      licenseId: license.id,
      edge: edge.name,
      atMs: answeredAtMs,
      isValid: verdict === null ? null : verdict === 'valid',
      isUnsure: verdict === null || isStale,
    })
  }
  if (verdict === null) return
  const answer = {
    askedAtMs,
    answeredAtMs,
    verdict,
    facts: [
      facts.key(license.key),
      facts.status(license),
      ...(asksFeature ? [facts.feature(license.plan)] : []),
      facts.place(license, place),
    ],
  }
  const contradiction = history.findContradiction(answer)
  if (contradiction !== null) {
    const how = response === null ? '' : `, Licet-Stale: ${response.headers.get('licet-stale')}`
    const where = `${edge.name} (stale for ${edge.staleSeconds} s)${how}`
    world.contradictions.push(`${where}: ${contradiction}\n${history.describe(answer)}`)
  }
  if (verdict !== 'valid') return
  world.lastValid.set(`${edge.name} ${license.id}`, { place, asksFeature })
  if (license.plan === 'automatic') history.noteRevealed(facts.place(license, place), answer)
  if (askedAtMs > world.epochStartsAtMs) noteTaken(world, license, place)
}

/** Returns `valid` or the code of the refusal; null if there is neither. */
function readVerdict(response: TestResponse | null): string | null {
  const error = response?.body?.error ?? response?.body?.code
  if (response?.body?.valid === true) return 'valid'
  return response === null || response.status === 503 ? null : String(error ?? response.status)
}

function count(
  figures: World['figures'],
  response: TestResponse | null,
  verdict: string | null,
  isStale: boolean,
): void {
  if (response === null) figures.lost += 1
  else if (verdict === null) figures.unavailable += 1
  else if (verdict === 'valid') figures.valid += 1
  else figures.refused += 1
  if (isStale) figures.stale += 1
}

/** Posts to an edge. Returns null if the response was lost, and `down` if there is no edge. */
export async function callEdge(
  edge: ClusterEdge,
  path: string,
  body: object,
  random: Random,
): Promise<TestResponse | null | 'down'> {
  const url = edge.url()
  if (url === null) return 'down'
  // An address of its own, because unknown keys from one address are limited.
  const address = `10.${random.below(256)}.${random.below(256)}.${random.below(256)}`
  try {
    const response = await fetch(`${url}/api/v1/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': address },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    return await readResponse(response)
  } catch {
    return null
  }
}

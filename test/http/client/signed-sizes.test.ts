import { expect, test } from 'bun:test'
import { expectProblem } from '../../support/problems.ts'
import { openSignedApp } from '../../support/signed.ts'

const TOKEN_CHARACTERS_MAX = 16_384

/** Returns features that have this many bytes as JSON. */
function buildFeatures(bytes: number): Record<string, string> {
  const features: Record<string, string> = {}
  const countMissing = () => bytes - JSON.stringify(features).length
  for (let index = 10; countMissing() > 0; index += 1) {
    features[`f${index}`] = ''
    features[`f${index}`] = 'x'.repeat(Math.min(countMissing(), 900))
  }
  return features
}

test.each(['validate', 'activate', 'seats/acquire'])(
  '%s: a grant whose token would have more than 16 KiB gets 409 and takes nothing; a refusal and a plain validation are as usual',
  async (path) => {
    const features = buildFeatures(11_500)
    await using app = await openSignedApp({ max_devices: 1, max_seats: 1, features })
    const before = await app.database.readRows()
    const refused = await app.ask(path, { fingerprint: 'machine' })
    expectProblem(refused, 409, 'invalid_transition')
    expect(refused.body.detail).toContain('16 KiB')
    expect(await app.database.readRows()).toEqual(before)
    expect(await app.verdict({ fingerprint: 'machine' })).toBe('VALID')
    await app.send('POST', `/api/v1/licenses/${app.id}/suspend`)
    const response = await app.ask(path, { fingerprint: 'machine' })
    expect(await app.answer(response)).toMatchObject({ error: 'LICENSE_SUSPENDED' })
  },
)

test('validate: the longest lease has at most 16 KiB', async () => {
  await using app = await openSignedApp({ domain_match: 'subdomains' })
  const domain = `${'x'.repeat(60)}.${'y'.repeat(60)}.${'z'.repeat(60)}.com`
  const request = { domain, fingerprint: 'machine', nonce: 'n'.repeat(64) }
  const lengths: number[] = []
  for (let bytes = 10_500; bytes < 11_200; bytes += 50) {
    await app.send('PUT', '/api/v1/plans/sold', { features: buildFeatures(bytes) })
    const { status, body } = await app.ask('validate', request)
    if (status === 200) lengths.push(body.signed.length)
  }
  expect(lengths.length).toBeGreaterThan(3)
  expect(lengths.length).toBeLessThan(14)
  expect(Math.max(...lengths)).toBeLessThanOrEqual(TOKEN_CHARACTERS_MAX)
})

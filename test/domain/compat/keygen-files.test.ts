import { expect, test } from 'bun:test'
import { buildFileTerms } from '~/domain/compat/keygen-files.ts'
import { DAY_MS } from '~/domain/times.ts'
import { aLicenseState, startMs } from '../../support/samples.ts'

const offline = { refreshDays: 1, validDays: 2, hardDays: 3, fileDays: null }
const DAY_SECONDS = 86_400

test.each([
  ['nothing', null, null, 3 * DAY_SECONDS],
  ['less', DAY_SECONDS, null, DAY_SECONDS],
  ['more than the plan allows', 30 * DAY_SECONDS, null, 3 * DAY_SECONDS],
  ['more than the license lasts', 2 * DAY_SECONDS, startMs + DAY_MS, DAY_SECONDS],
])(
  'Keygen: a file for which an app asks %s ends in time',
  (_title, requested, endsAtMs, seconds) => {
    const state = aLicenseState({ terms: { offline }, facts: { expiresAtMs: endsAtMs, endsAtMs } })
    expect(buildFileTerms(state, requested, startMs)).toEqual({
      issuedAtMs: startMs,
      expiresAtMs: startMs + seconds * 1000,
      ttlSeconds: seconds,
    })
  },
)

test('Keygen: a plan that allows no use offline has no files', () => {
  const state = aLicenseState({ terms: { offline: null } })
  expect(buildFileTerms(state, null, startMs)).toBeNull()
})

import { useRef } from 'preact/hooks'
import type { Overview } from '~/wire/overview.ts'
import { api, call } from '../../shared/api.ts'
import { Page } from '../../shared/page.tsx'
import { Section } from '../../shared/section.tsx'
import { Loading } from '../../shared/states.tsx'
import { type Loaded, useLoad } from '../../shared/use-load.ts'
import { useCan } from '../session.tsx'
import { Countries } from '../usage/countries.tsx'
import { Refusals } from '../usage/refusals.tsx'
import { loadTotals, type ValidationTotals } from '../usage/usage-counts.ts'
import { Concerns } from './concerns.tsx'
import { FirstSteps } from './first-steps.tsx'
import { NewestEvents } from './newest-events.tsx'
import { OverviewTiles } from './overview-tiles.tsx'
import { RecentValidations } from './recent-validations.tsx'

const REFRESH_MS = 60_000
/** While somebody tries the first validation. */
const FIRST_REFRESH_MS = 3_000
/** An installation with more licenses is not new, even if nothing validates them at the moment. */
const NEW_LICENSES_MAX = 3

/** The state of the business and the server, and for a new installation what to do first. */
export function OverviewPage() {
  const can = useCan()
  const isNew = useRef(false)
  const everyMs = isNew.current ? FIRST_REFRESH_MS : REFRESH_MS
  const overview = useLoad('overview', () => call(api.overview.get()), { everyMs })
  const totals = useLoad(
    'totals',
    () => (can('usage:read') ? loadTotals({}) : Promise.resolve(noTotals)),
    { everyMs },
  )
  // It stays until the person leaves, so that the last step is seen to succeed.
  isNew.current ||= overview.data !== null && isUnused(overview.data, totals.data)

  return (
    <Page title="Overview">
      <Loading loaded={overview} lines={5}>
        {(data) => (
          <>
            {isNew.current && (
              <FirstSteps
                licenses={data.licenses.total}
                validations={countAll(totals.data)}
                onChange={overview.reload}
              />
            )}
            <Concerns concerns={data.needs_you} />
            {data.licenses.total > 0 && <OverviewTiles overview={data} />}
            {!isUnused(data, totals.data) && <Sections totals={totals} />}
          </>
        )}
      </Loading>
    </Page>
  )
}

/** Stands for the totals that a session may not read. */
const noTotals: ValidationTotals = { valid: 0, refused: 0, parts: null }

const countAll = (totals: ValidationTotals | null) =>
  totals === null ? 0 : totals.valid + totals.refused

function isUnused({ licenses }: Overview, totals: ValidationTotals | null): boolean {
  if (licenses.total === 0) return true
  const isIdle = totals !== null && totals !== noTotals && countAll(totals) === 0
  return isIdle && licenses.total <= NEW_LICENSES_MAX
}

/** The last 30 days, as far as the session may read them. */
function Sections({ totals }: { totals: Loaded<ValidationTotals> }) {
  const can = useCan()
  const canReadUsage = can('usage:read')
  const aside = <span class="small muted">Last 30 days</span>
  return (
    <>
      {canReadUsage && <RecentValidations everyMs={REFRESH_MS} />}
      <div class="columns">
        {canReadUsage && (
          <Section title="Why refused" aside={aside}>
            <Loading loaded={totals} lines={8}>
              {({ parts }) => parts && <Refusals errors={parts.errors} />}
            </Loading>
          </Section>
        )}
        {can('events:read') && <NewestEvents everyMs={REFRESH_MS} />}
      </div>
      {canReadUsage && (
        <Section title="Countries" aside={aside}>
          <Loading loaded={totals} lines={8}>
            {({ parts }) =>
              parts && <Countries countries={parts.countries} unknown={parts.unknownCountry} />
            }
          </Loading>
        </Section>
      )}
    </>
  )
}

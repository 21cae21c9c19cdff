import type { License } from '~/wire/licenses.ts'
import type { Plan } from '~/wire/plans.ts'
import { api, call } from '../../shared/api.ts'
import { Ago, Time } from '../../shared/format.tsx'
import { Badge, type Tone } from '../../shared/states.tsx'
import { useLoad } from '../../shared/use-load.ts'
import { nameActor } from '../audit/actors.ts'
import { useCan } from '../session.tsx'
import { statusTexts } from './status.tsx'

const SECOND_MS = 1_000
const DAY_MS = 86_400_000

const tones: Readonly<Record<License['status'], Tone>> = {
  active: 'good',
  suspended: 'warn',
  expired: 'bad',
  revoked: 'bad',
}

interface StatusProps {
  readonly license: License
  /** Null if the person may not see plans. */
  readonly plan: Plan | null
}

/** The status in words: since when, until when, by whom, and why. */
export function LicenseStatus({ license, plan }: StatusProps) {
  const origin = useOrigin(license)
  const isInGrace = license.status === 'active' && hasPassed(license.expires_at)
  return (
    <span class="status-line">
      <Badge tone={isInGrace ? 'warn' : tones[license.status]}>
        {isInGrace ? 'In its grace period' : statusTexts[license.status]}
      </Badge>{' '}
      {license.status === 'revoked' && <Revoked license={license} origin={origin} />}
      {license.status === 'suspended' && <Suspended license={license} origin={origin} />}
      {license.status === 'expired' && license.expires_at !== null && (
        <>
          since <Time at={license.expires_at} as="day" /> (<Ago at={license.expires_at} />
          ). Renew it to let it validate.
        </>
      )}
      {isInGrace && <InGrace license={license} plan={plan} />}
      {license.status === 'active' && !isInGrace && <Active license={license} />}
    </span>
  )
}

function Active({
  license: { expires_at: expiresAt, starts_on: startsOn },
}: Pick<StatusProps, 'license'>) {
  if (startsOn !== undefined) return <>from its first validation on, which starts its term.</>
  if (expiresAt === null) return <>with no expiration.</>
  return (
    <>
      until <Time at={expiresAt} as="day" /> (<Ago at={expiresAt} />
      ).
    </>
  )
}

function InGrace({ license: { expires_at: expiresAt }, plan }: StatusProps) {
  if (expiresAt === null) return null
  return (
    <>
      {plan !== null && (
        <>
          until <Time at={addDays(expiresAt, plan.grace_days)} as="day" />.{' '}
        </>
      )}
      It expired on <Time at={expiresAt} as="day" />, and still validates.
    </>
  )
}

interface OriginProps {
  readonly license: License
  readonly origin: Origin
}

function Suspended({ license, origin }: OriginProps) {
  const { suspended_at: at, suspension_reason: reason, suspension_cause: cause } = license
  if (at === null) return null
  return (
    <>
      since <Time at={at} as="day" />
      {origin.by !== null && ` by ${origin.by}`}
      {reason === null ? '.' : `: ${reason}`}
      {cause === 'past_due' &&
        ' A payment is overdue. Once it succeeds, the license is reinstated.'}
      {cause === 'dispute' && ' A payment is disputed. If you win, the license is reinstated.'}
    </>
  )
}

function Revoked({ license, origin }: OriginProps) {
  const { revoked_at: at } = license
  if (at === null) return null
  return (
    <>
      on <Time at={at} as="day" />
      {origin.by !== null && ` by ${origin.by}`}
      {origin.reason === null ? '.' : `: ${endSentence(origin.reason)}`} This is final.
    </>
  )
}

const endSentence = (text: string) => (/[.!?]$/.test(text) ? text : `${text}.`)

interface Origin {
  readonly by: string | null
  readonly reason: string | null
}

const unknownOrigin: Origin = { by: null, reason: null }

/** Loads who has suspended or revoked the license, and why it was revoked, if the person may know. */
function useOrigin(license: License): Origin {
  const can = useCan()
  const at = license.revoked_at ?? license.suspended_at
  const { data } = useLoad(`origin ${license.id} ${at}`, async () => {
    if (at === null) return unknownOrigin
    const [by, reason] = await Promise.all([
      can('audit:read') ? findActor(license, at) : null,
      can('events:read') && license.revoked_at !== null ? findReason(license.id) : null,
    ])
    return { by, reason }
  })
  return data ?? unknownOrigin
}

async function findActor({ id, revoked_at: revokedAt }: License, at: string) {
  const query = { subject_id: id, from: at, to: addMs(at, SECOND_MS), limit: '100' }
  const { data } = await call(api.audit.get({ query }))
  const field = revokedAt === null ? 'suspended_at' : 'revoked_at'
  const entry = data.find(({ after }) => after?.[field] === at)
  return entry === undefined ? null : nameActor(entry.actor)
}

async function findReason(id: string): Promise<string | null> {
  const query = { license_id: id, type: 'license.revoked', limit: '1' }
  const [event] = (await call(api.events.get({ query }))).data
  const reason = event?.data.reason
  return typeof reason === 'string' ? reason : null
}

const hasPassed = (at: string | null) => at !== null && Date.parse(at) <= Date.now()
const addMs = (at: string, ms: number) => new Date(Date.parse(at) + ms).toISOString()
const addDays = (at: string, days: number) => addMs(at, days * DAY_MS)

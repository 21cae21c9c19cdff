import { useEffect, useState } from 'preact/hooks'
import type { Plan } from '~/wire/plans.ts'
import { api, call } from '../../shared/api.ts'
import { count as formatCount, formatNumber } from '../../shared/format.tsx'
import { Notice, ProblemNotice } from '../../shared/states.tsx'
import { useLoad } from '../../shared/use-load.ts'
import type { PlanDraft } from './plan-draft.ts'

type LimitName = 'max_domains' | 'max_devices' | 'max_seats'
type Limits = Partial<Record<LimitName, string>>

const limitNames = ['max_domains', 'max_devices', 'max_seats'] as const
const nouns = { max_domains: 'domain', max_devices: 'device', max_seats: 'seat' } as const
const SHOWN_MAX = 5
const TYPING_MS = 300

/** Returns the limits of a draft that are lower than those of the plan. */
export function pickLowered(plan: Pick<Plan, LimitName>, draft: PlanDraft): Limits {
  const lowered: Limits = {}
  for (const name of limitNames) {
    const text = draft[name].trim()
    const current = plan[name]
    if (!/^\d{1,9}$/.test(text)) continue
    if (current === null || Number(text) < current) lowered[name] = text
  }
  return lowered
}

interface PreviewProps {
  readonly plan: Plan
  readonly draft: PlanDraft
}

/** The licenses that would be over the limits of the draft, once typing has paused. */
export function EffectPreview({ plan, draft }: PreviewProps) {
  const typed = JSON.stringify(pickLowered(plan, draft))
  const [settled, setSettled] = useState(typed)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(typed), TYPING_MS)
    return () => clearTimeout(timer)
  }, [typed])
  return settled === '{}' ? null : <Effects key={settled} slug={plan.slug} limits={settled} />
}

function Effects({ slug, limits }: { slug: string; limits: string }) {
  const query: Limits = JSON.parse(limits)
  const { data, problem } = useLoad(`effects ${slug} ${limits}`, () =>
    call(api.plans({ slug }).effects.get({ query })),
  )
  if (problem !== null) return <ProblemNotice problem={problem} />
  if (data === null) {
    return (
      <p class="muted small" role="status" aria-busy="true">
        Counting the licenses that this affects…
      </p>
    )
  }
  const over = data.over.filter(({ count }) => count > 0)
  if (over.length === 0) {
    return (
      <p class="muted small" role="status">
        No license uses more than this.
      </p>
    )
  }
  return (
    <div role="status">
      <Notice tone="warn">
        {over.map((effect) => (
          <Effect key={effect.limit} effect={effect} max={query[effect.limit] ?? ''} />
        ))}
        <p class="small">They keep what they use, but cannot take more.</p>
      </Notice>
    </div>
  )
}

interface EffectProps {
  readonly effect: {
    readonly limit: LimitName
    readonly count: number
    readonly at_least: boolean
    readonly license_ids: readonly string[]
  }
  readonly max: string
}

function Effect({ effect, max }: EffectProps) {
  const { limit, count, at_least: atLeast, license_ids: ids } = effect
  const shown = ids.slice(0, SHOWN_MAX)
  const rest = count - shown.length
  return (
    <>
      <p>
        <strong>
          {atLeast && 'At least '}
          {formatNumber(count)} {count === 1 ? 'license' : 'licenses'} would be over{' '}
          {count === 1 ? 'its' : 'their'} limit
        </strong>{' '}
        of {formatCount(Number(max), nouns[limit])}:
      </p>
      <ul class="effect-licenses">
        {shown.map((id) => (
          <li key={id}>
            <a class="mono" href={`/admin/licenses/${id}`}>
              {id}
            </a>
          </li>
        ))}
        {rest > 0 && <li class="muted">and {formatNumber(rest)} more</li>}
      </ul>
    </>
  )
}

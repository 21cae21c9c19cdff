import type { Settings } from '~/wire/settings.ts'
import { call, readyz } from '../../shared/api.ts'
import { Badge, Bones, Notice, ProblemNotice } from '../../shared/states.tsx'
import { useLoad } from '../../shared/use-load.ts'
import { toWords } from '../../shared/words.ts'

const EVERY_MS = 15_000

interface ReadinessProps {
  /** Sentences about what does not work; empty if the person may not see them. */
  readonly degradations: Settings['degradations']
}

/** Whether the server handles requests, and what does not work. */
export function Readiness({ degradations }: ReadinessProps) {
  const { data, problem, reload } = useLoad('readiness', () => call(readyz.get()), {
    everyMs: EVERY_MS,
  })
  if (problem !== null) {
    return (
      <section aria-label="Readiness" class="stack">
        <div class="health-state">
          <Badge tone="bad">Not ready</Badge>
          <p>The server cannot handle requests.</p>
        </div>
        <ProblemNotice problem={problem} retry={reload} />
      </section>
    )
  }
  if (data === null) return <Bones lines={1} />
  if (data.status === 'ok') {
    return (
      <section aria-label="Readiness" class="health-state">
        <Badge tone="good">Ready</Badge>
        <p>Everything works.</p>
      </section>
    )
  }
  const reasons = data.reasons ?? []
  return (
    <section aria-label="Readiness" class="stack">
      <div class="health-state">
        <Badge tone="bad">Degraded</Badge>
        <p>License keys are validated, but not everything works.</p>
      </div>
      {reasons.map((reason) => (
        <Notice key={reason} tone="bad">
          <strong>{toWords(reason)}.</strong>{' '}
          {degradations.find((one) => one.reason === reason)?.detail}
        </Notice>
      ))}
    </section>
  )
}

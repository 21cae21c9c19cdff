import type { DryRun } from '~/wire/checkout-dry-runs.ts'
import { count, TextWithTimes } from '../../shared/format.tsx'
import { StateBadge } from './state-badge.tsx'

/** Shows what an event would do. Licenses that would be created have no ID yet. */
export function DryRunResult({ result }: { result: DryRun }) {
  const { type, state, reason, purchase, effects, rules } = result
  return (
    <section class="card stack" aria-label="Result of the dry run">
      <div class="row">
        <StateBadge state={state} />
        {type !== null && <code>{type}</code>}
      </div>
      {reason !== null && (
        <p>
          <TextWithTimes text={reason} />
        </p>
      )}
      {effects.length > 0 && (
        <ul class="timeline">
          {effects.map(({ text, licenses_count: licenses }, index) => (
            <li key={index}>
              <TextWithTimes text={text} />{' '}
              <span class="muted">{licenses > 0 && count(licenses, 'license')}</span>
            </li>
          ))}
        </ul>
      )}
      <dl class="facts">
        {purchase !== null && (
          <>
            <dt>Purchase</dt>
            <dd>
              <code>{purchase}</code>
            </dd>
          </>
        )}
        {rules.map(({ rule_id: id, version }) => (
          <RuleUse key={id} id={id} version={version} />
        ))}
      </dl>
    </section>
  )
}

function RuleUse({ id, version }: { id: string; version: number }) {
  return (
    <>
      <dt>Rule</dt>
      <dd>
        <a href={`/admin/checkout/rules/${id}`}>
          <code>{id}</code>
        </a>{' '}
        <span class="muted">version {version}</span>
      </dd>
    </>
  )
}

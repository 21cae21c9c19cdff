import type { Attempt } from '~/wire/webhooks.ts'
import { formatNumber, Time } from '../../shared/format.tsx'
import { Badge, Empty } from '../../shared/states.tsx'

/** Reasons why there was no response. A later version may know others. */
const reasons: Readonly<Record<string, string>> = {
  invalid_url: 'The URL of the endpoint cannot be used.',
  dns: 'The host name was not found.',
  address_refused: 'The host has an address that is not public.',
  https_required: 'Plain http is not allowed for this address.',
  connection_refused: 'The server refused the connection.',
  unreachable: 'The server could not be reached.',
  tls: 'The certificate of the server was not accepted.',
  reset: 'The server closed the connection before it responded.',
  invalid_response: 'The response was not valid HTTP.',
  timeout: 'The server did not respond in time.',
}

/** The attempts of a delivery, newest first. Responses are shown as text, whatever they contain. */
export function Attempts({ attempts }: { attempts: readonly Attempt[] }) {
  if (attempts.length === 0) {
    return (
      <Empty title="No attempt yet">
        <p>The first attempt follows in a moment.</p>
      </Empty>
    )
  }
  return (
    <section class="stack" aria-labelledby="attempts">
      <h2 id="attempts">Attempts</h2>
      <ol class="attempts">
        {attempts.map((attempt, index) => (
          <li key={`${attempt.at} ${attempts.length - index}`} class="stack">
            <AttemptSummary attempt={attempt} />
            {attempt.response !== '' && (
              <details open={index === 0}>
                <summary>Response body (first KiB)</summary>
                <pre>{attempt.response}</pre>
              </details>
            )}
          </li>
        ))}
      </ol>
    </section>
  )
}

function AttemptSummary({ attempt }: { attempt: Attempt }) {
  const { at, status, error, duration_ms: duration } = attempt
  const isGood = status !== null && status >= 200 && status < 300
  return (
    <div class="spread">
      <span class="row">
        <Badge tone={isGood ? 'good' : 'bad'}>
          {status === null ? 'No response' : `Status ${status}`}
        </Badge>
        {error !== null && <span>{reasons[error] ?? error}</span>}
      </span>
      <span class="muted small">
        <Time at={at} /> · {formatNumber(duration)} ms
      </span>
    </div>
  )
}

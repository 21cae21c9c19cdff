import { useState } from 'preact/hooks'
import type { Overview } from '~/wire/overview.ts'
import { Icon } from '../../shared/icons.tsx'
import { Section } from '../../shared/section.tsx'

type Concern = Overview['needs_you'][number]

/** Shown at first, so that the figures stay in view. */
const SHOWN_MAX = 3

/** Where the dashboard shows what the API has under a path, the more specific ones first. */
const pages: readonly (readonly [path: RegExp, page: string])[] = [
  [/^\/api\/v1\/webhooks\/([^/?]+)/, '/admin/webhooks/$1'],
  [/^\/api\/v1\/checkout\/events(\?.*)?$/, '/admin/checkout$1'],
  [/^\/api\/v1\/edges\/.*$/, '/admin/edges'],
  [/^\/api\/v1\/mails(\?.*)?$/, '/admin/mails$1'],
  [/^\/api\/v1\/backups(\/schedule)?$/, '/admin/health'],
  [/^\/api\/v1\/settings$/, '/admin/settings'],
  [/^\/readyz$/, '/admin/health'],
]

/** Tasks for a person, the most urgent first. Shows nothing if there are none. */
export function Concerns({ concerns }: { concerns: readonly Concern[] }) {
  const [isLong, setLong] = useState(false)
  if (concerns.length === 0) return null
  const shown = isLong ? concerns : concerns.slice(0, SHOWN_MAX)
  return (
    <Section title="Needs you">
      <ul class="concerns">
        {shown.map(({ code, detail, path }) => (
          <li key={`${code} ${path}`}>
            <Icon name="warning" />
            <span>{detail}</span>
            <a class="button plain tight" href={findPage(path)}>
              Open<span class="only-read">: {detail}</span>
            </a>
          </li>
        ))}
      </ul>
      {concerns.length > SHOWN_MAX && (
        <button type="button" class="quiet tight" onClick={() => setLong(!isLong)}>
          {isLong ? 'Show fewer' : `Show all ${concerns.length}`}
        </button>
      )}
    </Section>
  )
}

function findPage(path: string): string {
  const found = pages.find(([pattern]) => pattern.test(path))
  return found === undefined ? path : path.replace(found[0], found[1])
}

import type { Overview } from '~/wire/overview.ts'
import { Icon } from '../../shared/icons.tsx'
import { Section } from '../../shared/section.tsx'

type Concern = Overview['needs_you'][number]

/** Where the dashboard shows what the API has under a path, the more specific ones first. */
const pages: readonly (readonly [path: RegExp, page: string])[] = [
  [/^\/api\/v1\/webhooks\/([^/?]+)/, '/admin/webhooks/$1'],
  [/^\/api\/v1\/checkout\/events(\?.*)?$/, '/admin/checkout$1'],
  [/^\/api\/v1\/mails(\?.*)?$/, '/admin/mails$1'],
  [/^\/api\/v1\/backups$/, '/admin/health'],
  [/^\/readyz$/, '/admin/health'],
]

/** Tasks for a person, the most urgent first. Shows nothing if there are none. */
export function Concerns({ concerns }: { concerns: readonly Concern[] }) {
  if (concerns.length === 0) return null
  return (
    <Section title="Needs you">
      <ul class="concerns">
        {concerns.map(({ code, detail, path }) => (
          <li key={`${code} ${path}`}>
            <Icon name="warning" />
            <span>{detail}</span>
            <a class="button plain tight" href={findPage(path)}>
              Open<span class="only-read">: {detail}</span>
            </a>
          </li>
        ))}
      </ul>
    </Section>
  )
}

function findPage(path: string): string {
  const found = pages.find(([pattern]) => pattern.test(path))
  return found === undefined ? path : path.replace(found[0], found[1])
}

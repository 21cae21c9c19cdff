import { useState } from 'preact/hooks'
import type { Activation } from '~/wire/activations.ts'
import type { PortalLicense } from '~/wire/portal-licenses.ts'
import { api, call } from '../shared/api.ts'
import { Dialog } from '../shared/dialog.tsx'
import { Icon } from '../shared/icons.tsx'
import { Bones } from '../shared/states.tsx'
import { toast } from '../shared/toasts.tsx'
import { useAction } from '../shared/use-action.ts'
import { useLoad } from '../shared/use-load.ts'
import { useFormats, useTexts } from './language.tsx'
import { PortalProblem } from './problems.tsx'

interface PlacesProps {
  readonly license: PortalLicense
  readonly onChange: () => void
}

/** The devices and domains on which a license is used, with a button to release each. */
export function Places({ license, onChange }: PlacesProps) {
  const texts = useTexts()
  const { id } = license
  const { data, problem, reload } = useLoad(`places of ${id}`, () => listActivations(id))
  const [leaving, setLeaving] = useState<Activation | null>(null)
  const counts = useCounts(license)
  const changed = () => {
    setLeaving(null)
    reload()
    onChange()
  }
  return (
    <section class="card stack">
      {counts.map(({ title, text }) => (
        <div key={title} class="spread">
          <h2>{title}</h2>
          <span class="muted">{text}</span>
        </div>
      ))}
      <PortalProblem problem={problem} retry={reload} />
      {data === null && problem === null && <Bones lines={2} />}
      {data?.length === 0 && <p class="muted">{texts.license.noPlaces}</p>}
      {data !== null && data.length > 0 && (
        <ul class="places">
          {data.map((activation) => (
            <Place
              key={activation.id}
              activation={activation}
              canRelease={canRelease(license)}
              onRelease={() => setLeaving(activation)}
            />
          ))}
        </ul>
      )}
      {data !== null && data.length > 0 && <Budget license={license} />}
      {leaving !== null && (
        <ReleaseDialog
          license={license}
          activation={leaving}
          onClose={() => setLeaving(null)}
          onReleased={changed}
        />
      )}
    </section>
  )
}

const canRelease = ({ self_deactivation: { allowed, next_at: nextAt } }: PortalLicense) =>
  allowed && nextAt === null

async function listActivations(id: string): Promise<Activation[]> {
  const activations: Activation[] = []
  let cursor: string | undefined
  do {
    const query = cursor === undefined ? { limit: '100' } : { limit: '100', cursor }
    const page = await call(api.portal.licenses({ id }).activations.get({ query }))
    activations.push(...page.data)
    cursor = page.next_cursor ?? undefined
  } while (cursor !== undefined)
  return activations
}

/** How much of each limit is in use. Limits of 0 are not shown. */
function useCounts({ limits }: PortalLicense) {
  const { license: texts } = useTexts()
  const { number } = useFormats()
  const all = [
    { title: texts.devices, limit: limits.devices },
    { title: texts.domains, limit: limits.domains },
    { title: texts.seats, limit: limits.seats },
  ]
  return all
    .filter(({ limit: { allowed, used } }) => (allowed !== null && allowed > 0) || used > 0)
    .map(({ title, limit: { allowed, used } }) => ({
      title,
      text:
        allowed === null
          ? texts.usedUnlimited(number(used))
          : texts.used(number(used), number(allowed)),
    }))
}

interface PlaceProps {
  readonly activation: Activation
  readonly canRelease: boolean
  readonly onRelease: () => void
}

function Place({ activation, canRelease, onRelease }: PlaceProps) {
  const { license: texts } = useTexts()
  const { distance } = useFormats()
  const seenAt = activation.last_seen_at
  return (
    <li class="place">
      <Icon name={activation.kind} />
      <span class="place-name">
        <bdi>{nameOf(activation, texts.unnamed)}</bdi>
        <span class="muted small">
          {seenAt === null ? texts.never : texts.lastSeen(distance(seenAt))}
        </span>
      </span>
      {canRelease && (
        <button type="button" class="plain tight" onClick={onRelease}>
          {texts.release}
        </button>
      )}
    </li>
  )
}

/** A fingerprint means nothing to people. */
function nameOf(activation: Activation, unnamed: string): string {
  return activation.kind === 'domain' ? activation.value : (activation.name ?? unnamed)
}

function Budget({ license: { self_deactivation: budget } }: { license: PortalLicense }) {
  const { license: texts } = useTexts()
  const { number, time } = useFormats()
  if (!budget.allowed) return <p class="muted small">{texts.budgetNone}</p>
  if (budget.next_at !== null)
    return <p class="muted small">{texts.budgetNext(time(budget.next_at))}</p>
  if (budget.limit === null) return null
  const left = Math.max(0, budget.limit - budget.used)
  return <p class="muted small">{texts.budget(number(left), number(budget.limit))}</p>
}

interface ReleaseProps {
  readonly license: PortalLicense
  readonly activation: Activation
  readonly onClose: () => void
  readonly onReleased: () => void
}

function ReleaseDialog({ license, activation, onClose, onReleased }: ReleaseProps) {
  const texts = useTexts()
  const name = nameOf(activation, texts.license.unnamed)
  const release = useAction(async () => {
    const path = api.portal.licenses({ id: license.id }).activations
    await call(path({ activation_id: activation.id }).delete())
    toast(texts.license.released(name))
    onReleased()
  })
  return (
    <Dialog title={texts.license.releaseTitle(name)} close={texts.license.close} onClose={onClose}>
      <PortalProblem problem={release.problem} />
      <p>{texts.license.releaseHint}</p>
      <div class="dialog-actions">
        <button type="button" class="plain" onClick={onClose}>
          {texts.license.cancel}
        </button>
        <button type="button" disabled={release.isBusy} onClick={release.run}>
          {texts.license.release}
        </button>
      </div>
    </Dialog>
  )
}

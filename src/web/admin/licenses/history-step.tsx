import { Ago, Time } from '../../shared/format.tsx'
import { toWords } from '../../shared/words.ts'
import { nameActor } from '../audit/actors.ts'
import type { Step } from './history.ts'
import { formatValue, nameField } from './license-words.ts'

const titles: Readonly<Record<string, string>> = {
  'license.created': 'Created',
  'license.activated': 'First validation',
  'license.updated': 'Changed',
  'license.renewed': 'Renewed',
  'license.suspended': 'Suspended',
  'license.reinstated': 'Reinstated',
  'license.expiring': 'Expires soon',
  'license.expired': 'Expired',
  'license.revoked': 'Revoked',
  'license.key_rotated': 'Key rotated',
  'license.limit_reached': 'Limit reached',
  'license.sharing_suspected': 'Sharing suspected',
  'license.reveal': 'Key revealed',
  'activation.created': 'Activated',
  'activation.deleted': 'Deactivated',
  'customer.erased': 'Customer erased',
  'seat.create': 'Seat taken',
  'seat.delete': 'Seat released',
  'file.create': 'License file created',
  'file.return': 'License file returned',
}

/** One step: what happened, when and by whom, and the fields before and after. */
export function HistoryStep({ step: { at, type, actor, changes, facts } }: { step: Step }) {
  const told = tellFacts(facts)
  return (
    <li>
      <div>
        <strong>{titles[type] ?? toWords(type)}</strong>
        {told !== '' && <> {told}</>}
        {actor !== null && <span class="muted"> by {nameActor(actor)}</span>}
      </div>
      <div class="small muted">
        <Time at={at} /> · <Ago at={at} />
      </div>
      {changes.length > 0 && (
        <ul class="changes">
          {changes.map(({ name, before, after }) => (
            <li key={name}>
              {nameField(name)}: <del>{formatValue(name, before)}</del> →{' '}
              <ins>{formatValue(name, after)}</ins>
            </li>
          ))}
        </ul>
      )}
    </li>
  )
}

/** Returns what the step is about, such as a domain, a reason or a limit. */
function tellFacts({ activation, reason, limit, ...others }: Step['facts']): string {
  const subject = isRecord(activation) ? activation : others
  const { name, value, fingerprint } = subject
  const texts = [name ?? value ?? fingerprint, limit].filter((text) => typeof text === 'string')
  return [...texts, ...(typeof reason === 'string' ? [`(${reason})`] : [])].join(' ')
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

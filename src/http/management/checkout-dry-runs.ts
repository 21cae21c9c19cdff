import { nameType } from '~/checkout/event-ids.ts'
import { interpretEvent } from '~/checkout/interpret.ts'
import { buildDecidePurchase } from '~/checkout/process.ts'
import { openRawEvent, parseRawBody, type RawEvent } from '~/checkout/raw-events.ts'
import type { Deps } from '~/deps.ts'
import { buildCheckoutActor } from '~/domain/actors.ts'
import { Fault, invalidField } from '~/domain/faults.ts'
import type { Provider } from '~/domain/purchases.ts'
import { DryRun, DryRunBody, presentDryRun, presentFailedDryRun } from '~/wire/checkout-dry-runs.ts'
import { answers } from '../answers.ts'
import { requireFound } from '../plugins/runs.ts'
import type { ScopedRoutes } from '../plugins/scopes.ts'

const BODY_BYTES_MAX = 524_288

type DryRunDeps = Pick<
  Deps,
  'config' | 'store' | 'vault' | 'clock' | 'checkoutApis' | 'randomBytes' | 'createId' | 'sendMail'
>

export const checkoutDryRunRoutes = (deps: DryRunDeps, routes: ScopedRoutes) =>
  routes('/checkout/dry-run', 'Checkout').post(
    '',
    async ({ body, command }) => {
      const source = await findSource(deps, body)
      try {
        return await runDry(deps, source, command.nowMs)
      } catch (error) {
        // Such an event would fail. A provider that does not respond says nothing about it.
        if (!(error instanceof Fault) || error.kind === 'unavailable') throw error
        return presentFailedDryRun(findType(source), error.message)
      }
    },
    {
      scope: 'checkout:read',
      operationId: 'dryRunCheckoutEvent',
      idempotent: false,
      bodyBytesMax: BODY_BYTES_MAX,
      body: DryRunBody,
      ...answers(DryRun, 404, 410),
      summary: 'Find out what an event from a shop would do',
      description:
        'Nothing is changed, and no mail is sent. Licenses that would be created have no ID.',
    },
  )

/** An event that was stored, or that is in the request. */
interface Source {
  readonly provider: Provider
  readonly endpointLabel: string | null
  readonly raw: RawEvent
}

async function findSource(
  { store, vault }: DryRunDeps,
  { provider, event, event_id: id }: DryRunBody,
): Promise<Source> {
  if (id === undefined) {
    if (provider === undefined)
      throw invalidField('/provider', 'Send a provider and its event, or an event_id.')
    if (event === undefined) throw invalidField('/event', 'Send the event of the provider.')
    return { provider, endpointLabel: null, raw: { body: JSON.stringify(event), headers: {} } }
  }
  if (provider !== undefined || event !== undefined) {
    throw invalidField('/event_id', 'Send either event_id, or provider and event.')
  }
  const record = requireFound('checkout event', await store.checkout.events.find(id))
  const { bodySealed, endpointLabel } = record
  if (bodySealed === null)
    throw new Fault('gone', 'The raw event was deleted. Send its JSON as event.')
  return { provider: record.provider, endpointLabel, raw: openRawEvent(vault, bodySealed) }
}

function findType({ provider, raw }: Source): string | null {
  const event = parseRawBody(raw.body)
  return event === null ? null : nameType(provider, event)
}

/** Throws a Fault for an event that would fail. */
async function runDry(
  deps: DryRunDeps,
  { raw, ...source }: Source,
  nowMs: number,
): Promise<DryRun> {
  const { store, createId } = deps
  const { unmatchedReason, ...said } = await interpretEvent(deps, source, raw)
  const id = createId('chk')
  const event = await store.checkout.events.dryRun(
    { id, ...source, key: id, type: null, bodySealed: '', receivedAtMs: nowMs },
    said,
    { actor: buildCheckoutActor(source.provider), requestId: id, nowMs, idempotency: null },
    buildDecidePurchase(deps, nowMs, unmatchedReason),
  )
  const licenseIds = new Set(event.effects.flatMap((effect) => effect.licenseIds))
  const found = await Promise.all([...licenseIds].map((each) => store.licenses.find(each)))
  const real = new Set(found.map((record) => record?.license.id))
  return presentDryRun(event, (licenseId) => real.has(licenseId))
}

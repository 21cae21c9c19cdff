import { appActor } from '~/domain/actors.ts'
import { decideSharingNotice, type SharingSignals } from '~/domain/sharing.ts'
import type { Store } from '~/store/port.ts'

/** Appends an event for a license that seems to be shared, unless it has one for that day. */
export async function notifySharing(store: Store, signals: SharingSignals): Promise<void> {
  const context = { actor: appActor, requestId: 'usage', nowMs: signals.atMs, idempotency: null }
  await store.licenses.change(signals.licenseId, { intent: 'none' }, context, (state) =>
    decideSharingNotice(state, signals),
  )
}

import type { Vault } from '~/platform/vault.ts'

/** A request of a provider: its body, and the headers that the translation reads, in lower case. */
export interface RawEvent {
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

/** Encrypts a raw event, as it is stored. */
export function sealRawEvent(vault: Pick<Vault, 'seal'>, { body, headers }: RawEvent): string {
  return vault.seal('checkout-event', JSON.stringify({ body, headers }))
}

export function openRawEvent(vault: Pick<Vault, 'open'>, sealed: string): RawEvent {
  return JSON.parse(vault.open('checkout-event', sealed)) as RawEvent
}

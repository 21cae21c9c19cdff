import type { SearchResult } from './use-search.ts'

type Reading = SearchResult['reading']
type Match = SearchResult['data'][number]

/** How the text was understood. */
export const readingTexts: Readonly<Record<Reading, string>> = {
  id: 'an ID',
  key: 'a license key',
  mistyped_key: 'a license key with a typo',
  email: 'an email address',
  email_domain: 'the domain of an email address',
  domain: 'a domain',
  reference: 'a reference',
  name: 'a name',
}

/** Where it was searched for in vain, and what can be tried next. */
export const emptyTexts: Readonly<Record<Reading, string>> = {
  id: 'No license, activation, seat or event has this ID.',
  key: 'No license has this key, or a key that ends like this.',
  mistyped_key:
    'No license has a key that is one character away. Ask the customer to copy the key instead of typing it.',
  email: 'No customer has this address, or one that starts like this. Try the name or the order.',
  email_domain: 'No customer has an address at this domain.',
  domain: 'This domain is not activated, and no customer has an address at it.',
  reference: 'No license has this reference.',
  name: 'No name, email address, domain or reference starts like this, and no key ends like this.',
}

const reasonTexts: Readonly<Record<Exclude<Match['why'], 'similar_key'>, string>> = {
  id: 'License ID',
  activation_id: 'Activation ID',
  seat_id: 'Seat ID',
  event_id: 'Event ID',
  key: 'License key',
  email: 'Email address',
  domain: 'Domain',
  reference: 'Reference',
  email_domain: 'Domain of the email address',
  name: 'Name',
  email_start: 'Start of the email address',
  key_end: 'Last four characters of the key',
}

/** Why a license is a match. */
export function explainMatch({ why, license, typo_at: typoAt }: Match): string {
  if (why === 'similar_key') {
    return typoAt == null ? 'Is it this one?' : `Typo at character ${typoAt}. Is it this one?`
  }
  if (why === 'reference') return `Reference ${license.external_ref}`
  return reasonTexts[why]
}

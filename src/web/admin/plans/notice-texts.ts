/** The phrases of the API in notices, with those of the form. Those that contain others come first. */
const phrases: readonly (readonly [api: string | RegExp, form: string])[] = [
  [', or offline to null,', ', or turn off “Apps can work offline”,'],
  ['offline is null', '“Apps can work offline” is off'],
  ['self_deactivation is false', '“Apps can free slots” is off'],
  ['activation "explicit"', 'Explicit activation'],
  [/^sharing counts/g, '“Watch for shared keys” counts'],
  ['sharing.domains_per_day', '“Domains a day”'],
  ['sharing.devices_per_day', '“Devices a day”'],
  ['offline.refresh_days', '“Days until a refresh”'],
  ['offline.hard_days', '“Days until the end”'],
  ['deactivations_max_per_30_days', '“Most slots freed in 30 days”'],
  ['evict_idle_days', '“Days until an idle slot can be taken”'],
  ['borrow_days_max', '“Days a seat can be borrowed”'],
  ['require_fingerprint', '“Require a device fingerprint”'],
  ['require_domain', '“Require a domain”'],
  ['max_domains', '“Domains”'],
  ['max_devices', '“Devices”'],
  ['max_seats', '“Seats at once”'],
]

/** Returns a notice of the API with the labels of the form instead of the names of fields. */
export function presentNotice(notice: string): string {
  return phrases.reduce((text, [api, form]) => text.replaceAll(api, form), notice)
}

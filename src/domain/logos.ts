/** Where this server offers the logo. */
export const LOGO_PATH = '/portal/assets/logo'
export const LOGO_BYTES_MAX = 256 * 1024

/** The logo of the vendor: an https URL, or a file that this server offers. */
export type Logo =
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'file'; readonly mediaType: string; readonly bytes: Uint8Array<ArrayBuffer> }

const signatures = [
  ['image/png', /^\x89PNG\r\n/],
  ['image/jpeg', /^\xff\xd8\xff/],
  ['image/webp', /^RIFF.{4}WEBP/s],
  [
    'image/svg+xml',
    /^(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*\?>|<!--.*?-->|<!DOCTYPE[^>]*>|\s)*<svg[\s>]/s,
  ],
] as const

/** Returns the media type of an image by its first bytes; null for any other file. */
export function findImageType(bytes: Uint8Array): string | null {
  let start = ''
  for (const byte of bytes.subarray(0, 4096)) start += String.fromCharCode(byte)
  return signatures.find(([, pattern]) => pattern.test(start))?.[0] ?? null
}

/** Returns the URL from which emails load the logo; null if there is none. */
export function getMailLogo(logo: Logo | null, publicUrl: string | null): string | null {
  if (logo === null) return null
  if (logo.kind === 'url') return logo.url
  return publicUrl === null ? null : publicUrl + LOGO_PATH
}

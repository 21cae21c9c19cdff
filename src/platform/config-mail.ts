import { X509Certificate } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { normalizeEmail } from '~/domain/emails.ts'
import { reasonOf } from '~/domain/faults.ts'
import { isLoopbackHost, normalizeHost } from '~/domain/hosts.ts'
import { findImageType, LOGO_BYTES_MAX, type Logo } from '~/domain/logos.ts'
import { parseTemplate, parseTextFile, templateFiles } from '~/domain/mail-templates.ts'
import { isMailable } from '~/domain/mails.ts'
import { findUnknownPlaceholders } from '~/domain/renewals.ts'
import { countCharacters, findInvisible } from '~/domain/text.ts'
import type { Reader } from './config.ts'

const NAME_MAX = 100
const PORT_MAX = 65_535
const SMTP_FORMAT = 'must be a URL such as smtp://user:password@mail.example.com:587'
const SMTP_PARAMETERS = ['insecure', 'tls.rejectUnauthorized', 'ca']
const DEFAULT_PORTS = { 'smtp:': 587, 'smtps:': 465 } as const

/** How to reach the mail server. The credentials are secret. */
export interface SmtpSettings {
  /** Without brackets. */
  readonly host: string
  readonly port: number
  readonly credentials: { readonly user: string; readonly password: string } | null
  /** `implicit` from the first byte; `required` and `optional` by STARTTLS. */
  readonly tls: 'implicit' | 'required' | 'optional'
  readonly verifiesCertificate: boolean
  /** Certificate authorities (PEM) to trust instead of the system's. */
  readonly ca: string | null
}

/** The sender of all mails. */
export interface Sender {
  readonly name: string
  readonly address: string
}

/** Reads the variables of mails and of the brand. `smtp` is a secret. */
export function readMail({ problems, read, readSecret, isSet }: Reader) {
  if (isSet('LICET_SMTP_URL') !== isSet('LICET_MAIL_FROM')) {
    problems.push('LICET_SMTP_URL and LICET_MAIL_FROM go together: set both or neither.')
  }
  const smtp = readSecret('LICET_SMTP_URL', null, parseSmtpUrl)
  const settings = {
    /** Null if no mail is sent. */
    mailFrom: read('LICET_MAIL_FROM', null, parseSender),
    /** The texts of templates that replace our own, by file name. */
    mailTemplates: read('LICET_MAIL_TEMPLATES', {}, readTemplates),
    /** Without a slash at its end. */
    publicUrl: read('LICET_PUBLIC_URL', null, parsePublicUrl),
    brand: {
      name: read('LICET_BRAND_NAME', null, parseName),
      logo: read('LICET_BRAND_LOGO', null, parseLogo),
      color: read('LICET_BRAND_COLOR', null, parseColor),
    },
    supportUrl: read('LICET_SUPPORT_URL', null, parseSupportUrl),
    /** An https URL with the placeholders of domain/renewals.ts. */
    renewUrl: read('LICET_RENEW_URL', null, parseRenewUrl),
  }
  return { smtp, settings }
}

/** Error messages never contain the URL, because it has a password. */
export function parseSmtpUrl(text: string): SmtpSettings {
  const url = URL.parse(text)
  if (url === null || !isSmtp(url.protocol)) throw new Error(`${SMTP_FORMAT}, or smtps://…:465.`)
  const host = normalizeHost(decodeURIComponent(url.hostname))
  const hasRest = (url.pathname !== '' && url.pathname !== '/') || url.hash !== ''
  if (host === null || hasRest || Number(url.port) > PORT_MAX) {
    throw new Error(`${SMTP_FORMAT}. Percent-encode special characters: / is %2F, and # is %23.`)
  }
  const { insecure, verifies, ca } = parseSmtpParameters(url.searchParams)
  const isImplicit = url.protocol === 'smtps:'
  // On this machine, there is no network between the two.
  const isInsecure = insecure ?? (!isImplicit && isLoopbackHost(host))
  return {
    host: host.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? DEFAULT_PORTS[url.protocol] : Number(url.port),
    credentials: parseCredentials(url),
    tls: isImplicit ? 'implicit' : isInsecure ? 'optional' : 'required',
    verifiesCertificate: verifies ?? !isInsecure,
    ca,
  }
}

function isSmtp(protocol: string): protocol is keyof typeof DEFAULT_PORTS {
  return Object.hasOwn(DEFAULT_PORTS, protocol)
}

function parseCredentials({ username, password }: URL): SmtpSettings['credentials'] {
  if (username === '' && password === '') return null
  if (username === '' || password === '') {
    throw new Error('must have both a user name and a password, or neither.')
  }
  try {
    return { user: decodeURIComponent(username), password: decodeURIComponent(password) }
  } catch {
    throw new Error('has a % that must be written as %25 in the user name or the password.')
  }
}

function parseSmtpParameters(parameters: URLSearchParams) {
  for (const name of parameters.keys()) {
    if (!SMTP_PARAMETERS.includes(name)) {
      throw new Error(`has an unknown parameter. Use any of: ${SMTP_PARAMETERS.join(', ')}.`)
    }
  }
  const path = parameters.get('ca')
  return {
    insecure: parseSwitch(parameters.get('insecure')),
    verifies: parseSwitch(parameters.get('tls.rejectUnauthorized')),
    ca: path === null ? null : readAuthority(path),
  }
}

function parseSwitch(text: string | null): boolean | null {
  if (text === null) return null
  if (text === '' || text === 'true') return true
  if (text === 'false') return false
  throw new Error('has a parameter that must be true or false.')
}

function readAuthority(path: string): string {
  try {
    const text = readFileSync(path, 'utf8')
    new X509Certificate(text)
    return text
  } catch {
    throw new Error(`has a ca that is not the path of a PEM certificate: ${path}`)
  }
}

export function parseSender(text: string): Sender {
  const match = /^(?:"([^"]*)"|([^"<>]*?))\s*<([^<>]+)>$/.exec(text)
  const name = match === null ? '' : (match[1] ?? match[2] ?? '').trim()
  const address = normalizeEmail(match?.[3]?.trim() ?? text)
  if (address === null || !isMailable(address) || findInvisible(name, 'line') !== null) {
    throw new Error('must be an address such as Acme Software <licenses@example.com>.')
  }
  return { name, address }
}

function readTemplates(directory: string): Readonly<Record<string, string>> {
  const files = listTemplates(directory)
  const entries = files.map((file) => {
    const text = readFileSync(join(directory, file), 'utf8')
    try {
      if (file.endsWith('.txt')) parseTextFile(text)
      else parseTemplate(text)
    } catch (error) {
      throw new Error(`has a file ${file} that ${reasonOf(error)}`)
    }
    return [file, text] as const
  })
  return Object.fromEntries(entries)
}

/** A file with another name would be ignored, and is probably a mistake. */
function listTemplates(directory: string): readonly string[] {
  const files = readDirectory(directory).filter((name) => /\.(?:txt|html)$/i.test(name))
  const unknown = files.find((name) => !templateFiles.includes(name))
  if (unknown === undefined) return files
  throw new Error(`has the unknown file ${unknown}. Use any of: ${templateFiles.join(', ')}.`)
}

function readDirectory(path: string): readonly string[] {
  try {
    return readdirSync(path)
  } catch {
    throw new Error(`must be a directory that can be read, but ${path} is not.`)
  }
}

export function parsePublicUrl(text: string): string {
  const url = URL.parse(text)
  const isSafe =
    url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopbackHost(url.hostname))
  if (url !== null && isSafe && isBare(url)) return url.href.replace(/\/+$/, '')
  throw new Error(
    'must be an https URL such as https://licenses.example.com (http only on this machine).',
  )
}

/** Without credentials, query and fragment. */
function isBare({ username, password, search, hash }: URL): boolean {
  return username === '' && password === '' && search === '' && hash === ''
}

function parseName(text: string): string {
  if (findInvisible(text, 'line') === null && countCharacters(text) <= NAME_MAX) return text
  throw new Error(`must be one line of up to ${NAME_MAX} characters.`)
}

/** Reads a file, so that a logo that cannot be shown is found at the start. */
function parseLogo(text: string): Logo {
  const url = URL.parse(text)
  if (url?.protocol === 'https:') return { kind: 'url', url: url.href }
  if (url !== null) throw new Error('must be the path of an image, or an https URL.')
  const bytes = readLogo(text)
  if (bytes.byteLength > LOGO_BYTES_MAX) {
    throw new Error(`must be a file of up to ${LOGO_BYTES_MAX / 1024} KiB. Use a smaller one.`)
  }
  const mediaType = findImageType(bytes)
  if (mediaType !== null) return { kind: 'file', mediaType, bytes }
  throw new Error('must be an image in the format PNG, SVG, WebP or JPEG.')
}

function readLogo(path: string): Uint8Array<ArrayBuffer> {
  try {
    return readFileSync(path)
  } catch {
    throw new Error(
      `must be the path of an image, or an https URL. This file cannot be read: ${path}`,
    )
  }
}

function parseColor(text: string): string {
  if (/^#(?:[0-9a-f]{3}){1,2}$/i.test(text)) return text.toLowerCase()
  throw new Error('must be a color such as #0a7cff.')
}

/** Also accepts a bare email address. */
function parseRenewUrl(text: string): string {
  const [unknown] = findUnknownPlaceholders(text)
  const isUrl = URL.parse(text.replaceAll(/[{}]/g, ''))?.protocol === 'https:'
  if (isUrl && unknown === undefined && !/\s/.test(text)) return text
  throw new Error(
    'must be an https URL such as https://example.com/renew?license={license}. It may contain {license}, {plan} and {product}.',
  )
}

function parseSupportUrl(text: string): string {
  const url = URL.parse(text)
  if (url?.protocol === 'https:' || url?.protocol === 'mailto:') return url.href
  const address = /^[^\s@/:]+@[^\s@/:]+$/.test(text) ? normalizeEmail(text) : null
  if (address !== null) return `mailto:${address}`
  throw new Error('must be an https URL, or an email address.')
}

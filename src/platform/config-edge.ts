import { isLoopbackHost } from '~/domain/hosts.ts'
import { DAY_MS, HOUR_MS, SECOND_MS } from '~/domain/times.ts'
import { ConfigError, createReader, type Environment, readServing } from './config.ts'

const STALE_MS_MAX = 365 * DAY_MS
const TOKEN = /^[\x21-\x7e]{24,256}$/
const DURATION = /^(\d{1,9})([smhd])$/
const unitsMs = { s: SECOND_MS, m: 60_000, h: HOUR_MS, d: DAY_MS } as const

/** The options of `licet edge`. */
export interface EdgeOptions {
  readonly primary: string
  readonly onPartition: string
}

export type EdgeSettings = ReturnType<typeof readEdgeConfig>
export type EdgeConfig = EdgeSettings['config']

/** Reads the configuration of an edge. Throws ConfigError with every problem at once. */
export function readEdgeConfig(env: Environment, isTerminal: boolean, options: EdgeOptions) {
  const reader = createReader(env)
  const { problems } = reader
  const config = {
    ...readServing(reader, isTerminal),
    /** Anyone who knows the address may ask: an edge has no pages, and accepts every Host. */
    allowedHosts: null,
    token: reader.readSecret('LICET_EDGE_TOKEN', '', parseToken),
    primaryUrl: readOption(problems, '--primary', () => parsePrimaryUrl(options.primary)) ?? '',
    /** For how long known facts are used while the primary is unreachable; 0 for not at all. */
    staleMs: readOption(problems, '--on-partition', () => parsePartition(options.onPartition)) ?? 0,
  }
  if (!reader.isSet('LICET_EDGE_TOKEN')) {
    problems.push('LICET_EDGE_TOKEN is missing: create one with licet edges create NAME.')
  }
  if (problems.length > 0) throw new ConfigError(problems.join('\n'))
  return { config, unknown: reader.listUnknown() }
}

function readOption<Value>(problems: string[], name: string, parse: () => Value): Value | null {
  try {
    return parse()
  } catch (error) {
    problems.push(`${name} ${error instanceof Error ? error.message : 'is invalid'}`)
    return null
  }
}

function parseToken(text: string): string {
  if (TOKEN.test(text)) return text
  throw new Error('must be the token of an edge, as printed by: licet edges create NAME')
}

/** Parses the address of the primary. Returns it without a slash at its end. */
export function parsePrimaryUrl(text: string): string {
  const url = URL.parse(text)
  const isHttp = url?.protocol === 'https:' || url?.protocol === 'http:'
  // An empty query or fragment is in no field of the URL, but would swallow the paths.
  if (url === null || !isHttp || /[?#]/.test(url.href) || url.username + url.password !== '') {
    throw new Error('must be the URL of the primary, such as https://licenses.example.com.')
  }
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
    throw new Error('must start with https:, because license keys are sent to it.')
  }
  return url.href.replace(/\/+$/, '')
}

/** Parses `forward` or `stale=DURATION`. Returns the duration in ms; 0 for `forward`. */
export function parsePartition(text: string): number {
  if (text === 'forward' || text === 'stale=0') return 0
  const [, digits, unit] = DURATION.exec(text.replace(/^stale=/, '')) ?? []
  const ms = Number(digits) * unitsMs[(unit ?? 's') as keyof typeof unitsMs]
  if (text.startsWith('stale=') && ms >= 0 && ms <= STALE_MS_MAX) return ms
  throw new Error(
    'must be forward, or stale= and a duration in s, m, h or d, of up to 365d, such as stale=30m.',
  )
}

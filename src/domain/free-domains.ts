import { getPublicSuffix } from 'tldts'
import type { Activation } from './activations.ts'
import { type Hostname, parseHostname } from './hostnames.ts'
import type { TermsSnapshot } from './licenses.ts'
import type { Plan } from './plans.ts'

const PATTERN_CHARACTERS_MAX = 253
const PATTERN = /^[^\s/:?#@\\%]+$/
/** A label may contain one `*`, which matches any characters within that label. */
const LABEL_WITH_STAR = /^(?!-)[a-z0-9_-]*\*[a-z0-9_-]*(?<!-)$/
const SUFFIX_OPTIONS = { extractHostname: false, validateHostname: false }

/**
 * Returns a pattern in lower case and punycode: labels before any registrable domain (`staging.*`,
 * `dev-*.*`, `*.preview.*`), or any labels before a domain (`*.wpengine.com`). Returns null for
 * anything else, and for a suffix that would free every domain, such as `*.com`.
 */
export function parseFreeDomainPattern(text: string): string | null {
  const pattern = text.trim().toLowerCase()
  if (!PATTERN.test(pattern) || pattern.length > PATTERN_CHARACTERS_MAX) return null
  if (pattern.endsWith('.*')) return parsePrefix(pattern.slice(0, -2).split('.'))
  return pattern.startsWith('*.') ? parseSuffix(pattern.slice(2)) : null
}

function parsePrefix(texts: readonly string[]): string | null {
  const labels = texts.map((text) =>
    LABEL_WITH_STAR.test(text) ? text : (cutSuffix(`${text}.example.com`, '.example.com') ?? ''),
  )
  // Hosts have no leading www, so a pattern with one could never match.
  return labels.includes('') || labels[0] === 'www' ? null : `${labels.join('.')}.*`
}

function cutSuffix(text: string, suffix: string): string | null {
  const host = parseHostname(`x.${text}`)?.host
  const label = host?.slice('x.'.length, -suffix.length)
  return label === undefined || label.includes('.') ? null : label
}

function parseSuffix(text: string): string | null {
  const host = parseHostname(`x.${text}`)?.host
  if (host === undefined) return null
  const suffix = host.slice('x.'.length)
  return getPublicSuffix(host, SUFFIX_OPTIONS) === suffix ? null : `*.${suffix}`
}

type Name = Pick<Hostname, 'host' | 'root'>

/** Whether the labels before the host's registrable domain match those of any pattern. */
function matchesPrefix({ freeDomainPatterns }: Plan, { host, root }: Name): boolean {
  if (root === null || !host.endsWith(`.${root}`)) return false
  const labels = host.slice(0, -root.length - 1).split('.')
  return freeDomainPatterns.some((pattern) => {
    if (!pattern.endsWith('.*')) return false
    const expected = pattern.slice(0, -2).split('.')
    return (
      expected.length === labels.length &&
      expected.every((label, index) => matchesLabel(label, labels[index] ?? ''))
    )
  })
}

function matchesLabel(expected: string, label: string): boolean {
  const [start = '', end] = expected.split('*')
  if (end === undefined) return label === expected
  return label.length >= start.length + end.length && label.startsWith(start) && label.endsWith(end)
}

/** Finds the pattern that frees all hosts with the suffix of this one. */
export function findSuffixPattern({ freeDomainPatterns }: Plan, host: string): string | null {
  const isMatch = (pattern: string) => !pattern.endsWith('.*') && host.endsWith(pattern.slice(1))
  return freeDomainPatterns.find(isMatch) ?? null
}

/** Returns how a host matches the free patterns. `beside`: it is free if its root is activated. */
export function matchFreePatterns(plan: Plan, name: Name): 'always' | 'beside' | null {
  if (findSuffixPattern(plan, name.host) !== null) return 'always'
  return matchesPrefix(plan, name) ? 'beside' : null
}

/** Returns how many free domains a license may have with this number of activated domains. */
export function getFreeDomainsMax(plan: Plan, domainsUsed: number): number {
  return plan.freeDomainsPerDomain * Math.max(1, domainsUsed)
}

export type SlotHolders = TermsSnapshot & { readonly slots: readonly Activation[] }

/** Whether a host needs no slot, as far as there is room for another free domain. */
export function needsNoSlot({ plan, slots }: SlotHolders, hostname: Hostname): boolean {
  const match = matchFreePatterns(plan, hostname)
  return match === 'always' || (match === 'beside' && hasRoot(slots, hostname.root))
}

const hasRoot = (slots: readonly Activation[], wanted: string | null) =>
  slots.some(({ root }) => root === wanted)

/**
 * Lists the domains that give up their slots when this host takes one, as a staging host does for
 * its site. `domainsUsed` includes the host. There is room for all of them as free domains.
 */
export function listReleased(
  { license, plan, slots }: SlotHolders,
  { root }: Hostname,
  domainsUsed: number,
): readonly Activation[] {
  if (plan.freeDomainPatterns.length === 0) return []
  const matches = slots.map((slot) => {
    const match = matchFreePatterns(plan, { host: slot.value, root: slot.root })
    return { slot, match }
  })
  const sites = matches.flatMap(({ slot, match }) => (match === null ? [slot.root] : []))
  const roots = new Set([root, ...sites])
  const released = matches
    .filter(({ slot, match }) => match === 'always' || (match === 'beside' && roots.has(slot.root)))
    .map(({ slot }) => slot)
  while (
    license.freeDomainsUsed + released.length >
    getFreeDomainsMax(plan, domainsUsed - released.length)
  ) {
    if (released.pop() === undefined) break
  }
  return released
}

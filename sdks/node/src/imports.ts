import { removeArmor } from './armor.ts'
import type { Context } from './context.ts'
import { type Evidence, judge, openRecord, type Ruling, readClock } from './judge.ts'
import type { Feed, LicenseRecord } from './record.ts'
import type { Subject } from './subjects.ts'
import { openToken, type Token, TokenError } from './tokens.ts'
import { explanations, verifyToken } from './verification.ts'

type ImportContext = Pick<
  Context,
  'publicKeys' | 'platform' | 'refreshSeconds' | 'hardLimitSeconds' | 'builtAt'
>

/**
 * Adds a license file to a record (conformance suite, §The judge, 5). Throws `TokenError` if it is not
 * for this app and device, has expired or is revoked.
 */
export async function addFile(
  evidence: Evidence,
  now: number,
  text: string,
  context: ImportContext,
  subject: Subject,
): Promise<Ruling> {
  const { publicKeys, platform } = context
  const opened = await openToken(text, 'licet-file+jwt', publicKeys, platform.verifySignature)
  const record = lowerFloor(evidence, opened.claims.iat)
  const { time } = readClock({ ...evidence, record }, now, context)
  const expected = { publicKeys, ...subject, now: time, feed: record.feed }
  const file = await verifyToken(text, 'licet-file+jwt', expected, platform.verifySignature)
  const { tombstone } = record
  const isNewer = tombstone !== null && tombstone.at < file.claims.iat
  const stored = removeArmor(text, 'licet-file+jwt')
  const next = { ...record, file: stored, tombstone: isNewer ? null : tombstone }
  const changed = await openRecord(next, publicKeys, platform.verifySignature)
  return judge(changed, now, null, { ...context, ...subject })
}

/** A file that is newer than the stored one heals a device whose clock was ahead: no server can. */
function lowerFloor({ record, tokens }: Evidence, issuedAt: number): LicenseRecord {
  const isNewest = tokens.length > 0 && tokens.every(({ claims }) => claims.iat < issuedAt)
  return isNewest && issuedAt < record.floor ? { ...record, floor: issuedAt } : record
}

/**
 * Adds a revocation feed to a record. One that is older than the stored one changes nothing. Throws
 * `TokenError`, also if entries between the two are missing (`FEED_GAP`).
 */
export async function addRevocations(
  evidence: Evidence,
  now: number,
  text: string,
  context: ImportContext,
  subject: Subject,
): Promise<Ruling> {
  const { record, tokens } = evidence
  const { publicKeys, platform } = context
  const expected = { publicKeys, now, feed: record.feed }
  const token = await verifyToken(text, 'licet-revocations+jwt', expected, platform.verifySignature)
  const feed = mergeFeed(record.feed, token)
  const floor = Math.max(record.floor, token.claims.iat)
  const next = feed === record.feed ? record : { ...record, feed, floor }
  return judge({ record: next, tokens }, now, null, { ...context, ...subject })
}

function mergeFeed(stored: Feed | null, { claims }: Token<'licet-revocations+jwt'>): Feed | null {
  const { from, to } = claims
  const position = stored?.to ?? 0
  if (stored !== null && to < position) return stored
  if (from > position) throw new TokenError('FEED_GAP', explanations.FEED_GAP)
  const earlier = from === 0 ? {} : stored?.revoked
  return {
    to,
    revoked: { ...earlier, ...Object.fromEntries(claims.revoked) },
    keys: { ...stored?.keys, ...Object.fromEntries(claims.keys) },
  }
}

import { rmSync } from 'node:fs'
import {
  isEncryptedName,
  ownerOf,
  type StoredBackup,
  sortNewestFirst,
  timeOf,
  toHashName,
  toPlainName,
  toUsageName,
} from '~/domain/backup-names.ts'
import { Fault } from '~/domain/faults.ts'
import { OVERTAKING_MAX_MS } from '~/domain/times.ts'
import { type BackupLocation, splitLocation } from '~/platform/config-backups.ts'
import { firstProblem, inspectDatabase } from '~/store/sqlite/files/inspect.ts'
import { hashFile } from '../backup-hash.ts'
import { DAMAGED, type DecryptionKeys, decryptFile, findNeededKey } from './encryption.ts'
import { type BackupTarget, openTarget } from './target.ts'
import type { Workspace } from './workspace.ts'

/** A backup in a target, to be restored or checked. */
export interface BackupSource {
  readonly target: BackupTarget
  readonly name: string
}

/** The secrets to decrypt backups with. `askPassphrase` is called once, if no passphrase is given. */
export interface SourceKeys extends DecryptionKeys {
  readonly askPassphrase: () => Promise<string>
}

/** Opens the target that contains the backup at a location. */
export function openSource(location: BackupLocation, dataDir: string): BackupSource {
  const { folder, name } = splitLocation(location)
  return { target: openTarget(folder, dataDir), name }
}

/**
 * Fetches a backup, compares it with its recorded SHA-256, and decrypts it. Returns the path of the plain
 * file, which is in the workspace unless the backup is a plain file in a folder. Throws a Fault if it is
 * not there, not as it was written, or if no key fits.
 */
export async function fetchBackup(
  { target, name }: BackupSource,
  workspace: Workspace,
  keys: SourceKeys,
): Promise<string> {
  if (!(await target.has(name))) {
    throw new Fault('not_found', `There is no backup ${name} in ${target.name}.`)
  }
  const { path, sha256 } = await target.load(name, workspace.at(name))
  if (sha256 !== null && hashFile(path) !== sha256) {
    const detail = `${name} is not as it was written: its SHA-256 is not the recorded one. Perhaps it is truncated. Use another one. If there is none, delete ${toHashName(name)}, then see what licet check finds.`
    throw new Fault(DAMAGED, detail)
  }
  const needed = await findNeededKey(path)
  if (needed === null) return requirePlain(name, path)
  const plain = decryptedPath(name, workspace)
  await decryptFile(path, plain, await collectKeys(name, needed, keys))
  rmSync(workspace.at(name), { force: true })
  return plain
}

const decryptedPath = (name: string, workspace: Workspace) =>
  workspace.at(`${toPlainName(name)}.decrypted`)

function requirePlain(name: string, path: string): string {
  if (!isEncryptedName(name)) return path
  throw new Fault(DAMAGED, `${name} is not a file of age. Perhaps it is truncated.`)
}

async function collectKeys(
  name: string,
  needed: 'identity' | 'passphrase',
  keys: SourceKeys,
): Promise<DecryptionKeys> {
  if (needed === 'passphrase') {
    const { passphrases } = keys
    const given = passphrases.length > 0 ? passphrases : [await keys.askPassphrase()]
    return { identities: [], passphrases: given }
  }
  if (keys.identities.length > 0) return { identities: keys.identities, passphrases: [] }
  const detail = `${name} is encrypted for a recipient. Pass the file with its secret key: --identity FILE`
  throw new Fault('validation_failed', detail)
}

/** Fetches the usage file of a backup. Returns its path; null if there is none. */
export async function fetchUsage(
  { target, name }: BackupSource,
  workspace: Workspace,
  keys: SourceKeys,
): Promise<string | null> {
  const source = { target, name: toUsageName(name) }
  if (!(await target.has(source.name))) return null
  return fetchBackup(source, workspace, keys)
}

export interface LatestBackup extends BackupSource {
  readonly path: string
  /** Newer ones that cannot be used, with the reason. */
  readonly skipped: readonly string[]
}

interface Wanted {
  /** Identifies the master secret; null if it is not known. */
  readonly secretCheck: string | null
  /** The data directory whose backups are meant, if it has made any. */
  readonly owner: string | null
  readonly nowMs: number
}

/**
 * Fetches the newest backup of a target. One that is damaged is skipped. A key or a master secret that
 * does not fit ends the search, and so does a backup of a newer version: an older one must not be
 * restored because of that. Neither must one of another data directory.
 */
export async function fetchLatest(
  target: BackupTarget,
  workspace: Workspace,
  keys: SourceKeys,
  wanted: Wanted,
): Promise<LatestBackup> {
  const skipped: string[] = []
  const listed = sortNewestFirst(await target.list())
  const isAhead = (each: StoredBackup) => timeOf(each) > wanted.nowMs + OVERTAKING_MAX_MS
  // A time in the future is from a clock that was ahead, so such a backup may be the oldest.
  const backups = [...listed.filter((each) => !isAhead(each)), ...listed.filter(isAhead)]
  for (const { name } of selectOwn(backups, target, wanted)) {
    const found = await tryToFetch({ target, name }, workspace, keys, wanted.secretCheck)
    if ('path' in found) return { target, name, path: found.path, skipped }
    skipped.push(`${name}: ${found.problem}`)
  }
  const reasons = skipped.length === 0 ? '' : ` ${skipped.join(' ')}`
  const detail = `There is no complete backup in ${target.name}.${reasons}`
  throw new Fault('not_found', detail)
}

/** Returns the backups of one data directory. Throws a Fault if it is not clear which one is meant. */
function selectOwn(
  backups: readonly StoredBackup[],
  target: BackupTarget,
  { owner }: Wanted,
): readonly StoredBackup[] {
  const newest = new Map<string, string>()
  for (const { name } of backups) {
    const each = ownerOf(name)
    if (each !== null && !newest.has(each)) newest.set(each, name)
  }
  if (newest.size < 2) return backups
  if (owner !== null && newest.has(owner)) {
    return backups.filter(({ name }) => (ownerOf(name) ?? owner) === owner)
  }
  const names = [...newest.values()].join(', ')
  const detail = `${target.name} has backups of ${newest.size} data directories. Name the one to use. The newest of each: ${names}`
  throw new Fault('validation_failed', detail)
}

async function tryToFetch(
  source: BackupSource,
  workspace: Workspace,
  keys: SourceKeys,
  secretCheck: string | null,
): Promise<{ readonly path: string } | { readonly problem: string }> {
  try {
    const path = await fetchBackup(source, workspace, keys)
    const [damage, ...others] = inspectDatabase(path, secretCheck, 'use')
    const unfit = firstProblem(others)
    if (unfit !== null) {
      const detail = `${source.name} cannot be used: ${unfit}`
      throw new Fault('unavailable', detail)
    }
    if (damage === undefined || damage.problem === null) return { path }
    removeCopies(source.name, workspace)
    return { problem: damage.problem }
  } catch (error) {
    if (!(error instanceof Fault) || error.kind !== DAMAGED) throw error
    removeCopies(source.name, workspace)
    return { problem: error.message }
  }
}

/** Makes room for the next one. */
function removeCopies(name: string, workspace: Workspace): void {
  rmSync(workspace.at(name), { force: true })
  rmSync(decryptedPath(name, workspace), { force: true })
}

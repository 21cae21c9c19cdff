import type { Deps } from '~/deps.ts'
import { type BoundFile, buildFileTerms, type FileOccasion } from '~/domain/file-issuance.ts'
import type { TermsSnapshot } from '~/domain/licenses.ts'
import { buildLeaseClaims } from '~/domain/tokens.ts'
import { armor } from './armor.ts'

/** Signs a license file for the license as it is now. Returns its text. */
export function signLicenseFile(
  { signer, vault }: Pick<Deps, 'signer' | 'vault'>,
  snapshot: TermsSnapshot,
  bound: BoundFile,
  occasion: FileOccasion,
): string {
  const { id, returnHash } = bound.file
  const ret = returnHash === null ? null : vault.deriveFileSecret(id).toString('base64url')
  const claims = buildLeaseClaims(buildFileTerms(snapshot, bound, occasion))
  return armor(
    'LICENSE',
    signer.sign('licet-file+jwt', { ...claims, ret, jti: id }, occasion.nowMs),
  )
}

import { Fault, reasonOf } from '~/domain/faults.ts'
import type { BackupKey } from '~/platform/config-backups.ts'

/** The format of age, so that the program `age` can decrypt backups without Licet. */

/** The kind of a Fault about one backup, while others of the same target may be intact. */
export const DAMAGED = 'refused'

const HEADER_BYTES = 256
const HEADER = 'age-encryption.org/v1\n-> '

/** The secrets that may decrypt a backup: keys from a file of `age-keygen`, and passphrases. */
export interface DecryptionKeys {
  readonly identities: readonly string[]
  readonly passphrases: readonly string[]
}

/** The kind of key that an encrypted file needs; null if it is no file of age. */
export type NeededKey = 'identity' | 'passphrase' | null

/** Encrypts a file to another path. */
export async function encryptFile(path: string, target: string, key: BackupKey): Promise<void> {
  const { Encrypter } = await import('age-encryption')
  const encrypter = new Encrypter()
  if (key.kind === 'recipient') encrypter.addRecipient(key.recipient)
  else encrypter.setPassphrase(key.passphrase)
  await writeStream(await encrypter.encrypt(Bun.file(path).stream()), target)
}

/** Decrypts a file to another path. Throws a Fault if the keys do not fit, or if it is damaged. */
export async function decryptFile(
  path: string,
  target: string,
  { identities, passphrases }: DecryptionKeys,
): Promise<void> {
  const { Decrypter } = await import('age-encryption')
  const decrypter = new Decrypter()
  for (const identity of identities) decrypter.addIdentity(identity)
  for (const passphrase of passphrases) decrypter.addPassphrase(passphrase)
  try {
    await writeStream(await decrypter.decrypt(Bun.file(path).stream()), target)
  } catch (cause) {
    if (cause instanceof Error && 'syscall' in cause) throw cause
    throw explain(cause)
  }
}

/** Reads which kind of key a file needs. */
export async function findNeededKey(path: string): Promise<NeededKey> {
  const text = await Bun.file(path).slice(0, HEADER_BYTES).text()
  if (!text.startsWith(HEADER)) return null
  return text.startsWith(`${HEADER}scrypt `) ? 'passphrase' : 'identity'
}

/** Parses a file of `age-keygen`: a key per line, and comments. */
export async function parseIdentities(text: string, path: string): Promise<readonly string[]> {
  const { Decrypter } = await import('age-encryption')
  const lines = text.split('\n').map((line) => line.trim())
  const identities = lines.filter((line) => line !== '' && !line.startsWith('#'))
  try {
    for (const identity of identities) new Decrypter().addIdentity(identity)
  } catch {
    // The message of the library may contain the key.
    identities.length = 0
  }
  if (identities.length > 0) return identities
  const detail = `${path} is not a file of age-keygen, whose keys start with AGE-SECRET-KEY-. Files that are encrypted themselves must be decrypted first, and keys of SSH do not work.`
  throw new Fault('validation_failed', detail)
}

async function writeStream(stream: ReadableStream<Uint8Array>, path: string): Promise<void> {
  const sink = Bun.file(path).writer()
  try {
    for await (const chunk of stream) {
      sink.write(chunk)
      await sink.flush()
    }
  } finally {
    await sink.end()
  }
}

function explain(cause: unknown): Fault {
  const message = reasonOf(cause)
  if (message.includes('no identity matched')) {
    const detail =
      'None of these keys can decrypt it. Use the identity or the passphrase of the time when it was made.'
    return new Fault('not_permitted', detail, { cause })
  }
  return new Fault(DAMAGED, `It is damaged or truncated: ${message}.`, { cause })
}

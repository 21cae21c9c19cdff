import type { Reader } from './config.ts'
import { parseInteger, parseWord } from './config-values.ts'

const OUTAGE_SECONDS_MAX = 3600
const PROTOCOLS = ['postgres:', 'postgresql:']

/** Where a PostgreSQL database is, without the password. */
export interface DatabaseLocation {
  readonly host: string
  readonly name: string
}

/** Reads where the database is. Without a URL, it is a file in the data directory. */
export function readDatabase(reader: Reader, hasMasterSecret: boolean) {
  const { problems, isSet } = reader
  const url = reader.readSecret('LICET_DATABASE_URL', null, parseDatabaseUrl)
  const outageSeconds = reader.read('LICET_OUTAGE_SECONDS', 0, parseInteger(0, OUTAGE_SECONDS_MAX))
  const checkpoints = reader.read('LICET_CHECKPOINTS', 'own', parseWord(['own', 'external']))
  const isGiven = isSet('LICET_DATABASE_URL')
  const isSecretGiven = ['', '_FILE', '_COMMAND'].some((end) => isSet(`LICET_MASTER_SECRET${end}`))
  // An invalid secret is a problem of its own.
  if (isGiven && !hasMasterSecret && !isSecretGiven) {
    problems.push(
      'LICET_DATABASE_URL needs LICET_MASTER_SECRET, LICET_MASTER_SECRET_FILE or LICET_MASTER_SECRET_COMMAND, because all servers on a database share one secret. Create it with: openssl rand -base64 32',
    )
  }
  if (!isGiven && isSet('LICET_OUTAGE_SECONDS')) {
    problems.push('LICET_OUTAGE_SECONDS has no effect without LICET_DATABASE_URL: remove it.')
  }
  if (isGiven && isSet('LICET_CHECKPOINTS')) {
    problems.push('LICET_CHECKPOINTS has no effect with LICET_DATABASE_URL: remove it.')
  }
  return {
    url,
    settings: {
      /** Null for a file in the data directory. */
      database: url === null ? null : locate(url),
      /** For how long validations are answered from memory while the database is away. */
      outageSeconds,
      /** `external`: another program moves the write-ahead log into the database. */
      checkpoints,
    },
  }
}

/** Returns the URL as it was given. Error messages never contain it, because it has a password. */
export function parseDatabaseUrl(text: string): string {
  const url = URL.parse(text)
  const isComplete = url !== null && url.hostname !== '' && url.pathname.length > 1
  if (isComplete && PROTOCOLS.includes(url.protocol)) return text
  throw new Error(
    'must be the URL of a PostgreSQL database, such as postgres://user:password@db.example.com:5432/licet.',
  )
}

function locate(text: string): DatabaseLocation {
  const { host, pathname } = new URL(text)
  return { host, name: decodeURIComponent(pathname.slice(1)) }
}

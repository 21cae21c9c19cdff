import { Database } from 'bun:sqlite'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { join } from 'node:path'
import { createIds, randomBytes } from '~/deps.ts'
import { generateKey } from '~/domain/keys.ts'
import { listSearchWords } from '~/domain/search-words.ts'
import { foldText } from '~/domain/text.ts'
import { parseMasterSecret } from '~/platform/config-values.ts'
import { createVault } from '~/platform/vault.ts'
import { migrations } from '~/store/sqlite/files/migrations.ts'
import { runLicet, startLicet } from './servers.ts'
import { DOMAIN, deviceOf, TERMS } from './terms.ts'

const KEY_PREFIX = 'TO'
const KEY_RANDOM_BYTES = 9
const LICENSES_PER_NAME = 20
const CACHE_KIB = 2_000_000

/** The data of one section: a copy of seeded data, which the section may change. */
export interface Workspace extends Disposable {
  readonly directory: string
  /** The data directory of Licet. */
  readonly licetDirectory: string
  readonly logPath: string
  /** The keys of the licenses, each with one domain and one device. */
  readonly keys: readonly string[]
  /** Opens the database, to change it in SQL. */
  readonly openDatabase: () => Database
}

/** Returns the bodies of a validation of each license. */
export const buildBodies = (keys: readonly string[]) =>
  keys.map((key, index) => ({ key, domain: DOMAIN, fingerprint: deviceOf(index) }))

/** Opens a copy of seeded data, which `parent` keeps for each license count, schema and seed code. */
export async function openWorkspace(parent: string, licenses: number): Promise<Workspace> {
  const shape = JSON.stringify([licenses, migrations, readFileSync(import.meta.path, 'utf8')])
  const seeded = join(parent, `licet-bench-${Bun.hash(shape).toString(36)}`)
  mkdirSync(parent, { recursive: true })
  if (!existsSync(seeded)) {
    const unfinished = mkdtempSync(join(parent, 'licet-bench-seeding-'))
    await seed(unfinished, licenses)
    renameSync(unfinished, seeded)
  }
  const directory = mkdtempSync(join(parent, 'licet-bench-run-'))
  cpSync(seeded, directory, { recursive: true })
  const licetDirectory = join(directory, 'licet')
  const openDatabase = () => {
    const db = new Database(join(licetDirectory, 'licet.sqlite'), { strict: true })
    db.run('PRAGMA busy_timeout = 10000')
    return db
  }
  using db = openDatabase()
  db.run(`PRAGMA cache_size = -${CACHE_KIB}`)
  // As on a server that has been running for a while, and writes these times once an hour.
  db.query('UPDATE activations SET last_seen_at_ms = ?').run(Date.now())
  return {
    directory,
    licetDirectory,
    logPath: join(directory, 'licet.log'),
    keys: await Bun.file(join(directory, 'keys.json')).json(),
    openDatabase,
    [Symbol.dispose]: () => rmSync(directory, { recursive: true }),
  }
}

async function seed(directory: string, licenses: number): Promise<void> {
  console.error(`Creating a database with ${licenses} licenses.`)
  const licetDirectory = join(directory, 'licet')
  mkdirSync(licetDirectory)
  const originalKey = await createOriginal(licetDirectory)
  const keys = copyLicense(licetDirectory, originalKey, licenses)
  await runLicet(licetDirectory, 'jobs', 'run', 'maintain-database')
  await Bun.write(join(directory, 'keys.json'), JSON.stringify(keys))
}

/** Creates a license and validates it once, so that it has a domain and a device. */
async function createOriginal(directory: string): Promise<string> {
  await using licet = await startLicet(directory, '/dev/null')
  const { plan, expiresAt, features } = TERMS
  await licet.post('/api/v1/plans', { slug: plan, product: 'default', name: 'Bench', features })
  const order = { plan, customer_email: 'buyer@customer.com', expires_at: expiresAt }
  const { key } = (await licet.post('/api/v1/licenses', order)) as { key: string }
  await licet.post('/api/v1/validate', { key, domain: DOMAIN, fingerprint: deviceOf(0) })
  return key
}

type Row = Record<string, string | number | null>

/** Copies rows in SQL, because a million licenses over the API would take half an hour. */
function copyLicense(directory: string, originalKey: string, count: number): string[] {
  const secret = readFileSync(join(directory, 'master.secret'), 'utf8').trim()
  const vault = createVault(parseMasterSecret(secret))
  const createId = createIds({ nowMs: Date.now })
  using db = new Database(join(directory, 'licet.sqlite'), { strict: true })
  // Rows with random keys change pages all over the file, so all of it should fit.
  db.run(`PRAGMA cache_size = -${CACHE_KIB}`)
  db.run('PRAGMA synchronous = OFF')
  const license = db
    .query<Row, [string]>('SELECT * FROM licenses WHERE key_hash = ?')
    .get(vault.hashKey(originalKey))
  const activations = db.query<Row, []>('SELECT * FROM activations').all()
  const insert = (table: string, row: Row) => {
    const names = Object.keys(row)
    const parameters = names.map((name) => `$${name}`)
    db.query(`INSERT INTO ${table} (${names}) VALUES (${parameters})`).run(row)
  }

  const copyOne = (index: number): string => {
    const key = generateKey(KEY_PREFIX, randomBytes(KEY_RANDOM_BYTES))
    const id = createId('lic')
    const customer = {
      customerEmail: `buyer${index}@customer.com`,
      customerName: `Ada Buyer${index % Math.ceil(count / LICENSES_PER_NAME)}`,
      externalRef: null,
    }
    insert('licenses', {
      ...license,
      id,
      key_hash: vault.hashKey(key),
      key_last_four: key.slice(-4),
      customer_email: customer.customerEmail,
      customer_name: customer.customerName,
      customer_name_folded: foldText(customer.customerName),
    })
    for (const activation of activations) {
      const value = activation.kind === 'device' ? deviceOf(index) : DOMAIN
      insert('activations', { ...activation, id: createId('act'), license_id: id, value })
    }
    for (const word of listSearchWords(customer)) {
      insert('search_words', { word, license_id: id })
    }
    return key
  }
  return db.transaction(() => Array.from({ length: count }, (_, index) => copyOne(index)))()
}

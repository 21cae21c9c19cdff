import { Database, type SQLQueryBindings } from 'bun:sqlite'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { masterSecret } from '~/config.ts'
import { createIds, randomBytes, systemClock } from '~/deps.ts'
import { generateKey } from '~/domain/keys.ts'
import { migrations } from '~/store/sqlite/migrations.ts'
import { createVault } from '~/vault.ts'
import { startLicet } from './servers.ts'

const KEY_PREFIX = 'TO'
const KEY_RANDOM_BYTES = 9
const EXPIRES_AT = '2099-01-01T00:00:00Z'
const FEATURES = { sso: true, projects: 10 }

/** The domain that every license runs on. */
export const DOMAIN = 'customer.com'

/** The nth device of a license. */
export const deviceOf = (index: number) => `device-${index}`

interface Keys {
  readonly keys: readonly string[]
  /** Of a license with one device. */
  readonly oneDeviceKey: string
  /** Of a license with as many devices as there are licenses. */
  readonly manyDevicesKey: string
}

/** What a run works on and may change: a copy of what was made once. */
export interface Workspace extends Keys, Disposable {
  readonly licetDirectory: string
  readonly handWrittenPath: string
  readonly logPath: string
}

/** Seeds at the first run with so many licenses and this schema; later runs only copy. */
export async function openWorkspace(licenses: number): Promise<Workspace> {
  const shape = Bun.hash(JSON.stringify([migrations, licenses])).toString(36)
  const seeded = join(tmpdir(), `licet-bench-${shape}`)
  if (!existsSync(seeded)) {
    const unfinished = mkdtempSync(join(tmpdir(), 'licet-bench-seeding-'))
    await seed(unfinished, licenses)
    renameSync(unfinished, seeded)
  }
  const directory = mkdtempSync(join(tmpdir(), 'licet-bench-run-'))
  cpSync(seeded, directory, { recursive: true })
  const keys: Keys = await Bun.file(join(directory, 'keys.json')).json()
  return {
    ...keys,
    licetDirectory: join(directory, 'licet'),
    handWrittenPath: join(directory, 'hand-written.sqlite'),
    logPath: join(directory, 'licet.log'),
    [Symbol.dispose]: () => rmSync(directory, { recursive: true }),
  }
}

async function seed(directory: string, licenses: number): Promise<void> {
  const licetDirectory = join(directory, 'licet')
  mkdirSync(licetDirectory)
  const originals = await createOriginals(licetDirectory)
  const keys = copyLicenses(licetDirectory, originals, licenses)
  seedHandWritten(join(directory, 'hand-written.sqlite'), keys)
  const { oneDeviceKey, manyDevicesKey } = originals
  const written: Keys = { keys, oneDeviceKey, manyDevicesKey }
  await Bun.write(join(directory, 'keys.json'), JSON.stringify(written))
}

type Originals = Awaited<ReturnType<typeof createOriginals>>

/** Three licenses, bought and used once through the API, so that nothing is left to write. */
async function createOriginals(directory: string) {
  await using licet = await startLicet(directory, '/dev/null')
  const buy = async () => {
    const body = { plan: 'enterprise', customer_email: 'buyer@customer.com' }
    const terms = { expires_at: EXPIRES_AT, features: FEATURES }
    const { key } = (await licet.post('/api/v1/licenses', { ...body, ...terms })) as { key: string }
    return key
  }
  const [domainKey, oneDeviceKey, manyDevicesKey] = [await buy(), await buy(), await buy()]
  await licet.post('/api/v1/validate', { key: domainKey, domain: DOMAIN })
  await licet.post('/api/v1/validate', { key: oneDeviceKey, fingerprint: deviceOf(0) })
  await licet.post('/api/v1/validate', { key: manyDevicesKey, fingerprint: deviceOf(0) })
  return { domainKey, oneDeviceKey, manyDevicesKey }
}

type Row = Record<string, SQLQueryBindings>

/** Copies rows, since a hundred thousand purchases and devices would take minutes. */
function copyLicenses(directory: string, originals: Originals, count: number): string[] {
  const secret = readFileSync(join(directory, 'master.secret'), 'utf8').trim()
  const vault = createVault(masterSecret(secret))
  const createId = createIds(systemClock)
  const db = new Database(join(directory, 'licet.sqlite'), { strict: true })

  const find = (table: string, column: string, value: string): Row => {
    const row = db.query<Row, [string]>(`SELECT * FROM ${table} WHERE ${column} = ?`).get(value)
    if (row === null) throw new Error(`There is no such row in ${table}.`)
    return row
  }
  const insert = (table: string, row: Row) => {
    const names = Object.keys(row)
    const places = names.map((name) => `$${name}`)
    db.query(`INSERT INTO ${table} (${names}) VALUES (${places})`).run(row)
  }

  const licenseOf = (key: string) => find('licenses', 'key_hash', vault.hashKey(key))
  const activationOf = (license: Row) => find('activations', 'license_id', String(license.id))
  const license = licenseOf(originals.domainKey)
  const domain = activationOf(license)
  const manyDevices = licenseOf(originals.manyDevicesKey)
  const device = activationOf(manyDevices)

  const copyOne = (index: number): string => {
    const key = generateKey(KEY_PREFIX, randomBytes(KEY_RANDOM_BYTES))
    const id = createId('lic')
    insert('licenses', { ...license, id, key_hash: vault.hashKey(key) })
    insert('activations', { ...domain, id: createId('act'), license_id: id })
    insert('activations', { ...device, id: createId('act'), value: deviceOf(index + 1) })
    return key
  }
  const copyAll = db.transaction(() => {
    const keys = Array.from({ length: count }, (_, index) => copyOne(index))
    db.query('UPDATE licenses SET devices_used = devices_used + ? WHERE id = ?').run(
      count,
      String(manyDevices.id),
    )
    return keys
  })
  const keys = copyAll()
  db.close()
  return keys
}

function seedHandWritten(path: string, keys: readonly string[]): void {
  const db = new Database(path, { strict: true })
  db.run('PRAGMA journal_mode = WAL')
  db.run(`CREATE TABLE licenses (
    id TEXT PRIMARY KEY, key TEXT NOT NULL UNIQUE, plan TEXT NOT NULL, status TEXT NOT NULL,
    expires_at TEXT, max_domains INTEGER NOT NULL, features TEXT NOT NULL,
    validation_count INTEGER NOT NULL DEFAULT 0, last_validated_at TEXT)`)
  db.run(`CREATE TABLE domains (
    license_id TEXT NOT NULL REFERENCES licenses (id), domain TEXT NOT NULL,
    PRIMARY KEY (license_id, domain))`)
  const addLicense = db.query(
    `INSERT INTO licenses (id, key, plan, status, expires_at, max_domains, features)
     VALUES (?, ?, 'enterprise', 'active', ?, 3, ?)`,
  )
  const addDomain = db.query('INSERT INTO domains (license_id, domain) VALUES (?, ?)')
  const addAll = db.transaction(() => {
    for (const key of keys) {
      const id = crypto.randomUUID()
      addLicense.run(id, key, EXPIRES_AT, JSON.stringify(FEATURES))
      addDomain.run(id, DOMAIN)
    }
  })
  addAll()
  db.close()
}

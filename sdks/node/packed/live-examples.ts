import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import type { License } from 'licet/admin'
import { assertEqual, createCheck } from './checks.ts'
import { admin, createPlan, listPublicKeys, url } from './live-setup.ts'

const runtime = process.argv[2] ?? ''
const check = createCheck(console.log, runtime)
const nowhere = 'http://127.0.0.1:9'
const directory = mkdtempSync(join(process.cwd(), 'examples-'))

const plan = await createPlan(`${runtime}examples`)
const publicKeys = (await listPublicKeys()).join()

function issue(features: Record<string, boolean>): Promise<License> {
  return admin.licenses.create({ plan, customer_email: 'dev@example.com', features })
}

/** Returns the environment of an app on one device, whose files are kept between its starts. */
function buildEnvironment(device: string, more: Record<string, string>) {
  return {
    ...process.env,
    LICET_URL: url,
    LICET_PUBLIC_KEYS: publicKeys,
    LICET_FINGERPRINT: `${runtime}-${device}`,
    XDG_CONFIG_HOME: join(directory, device),
    USER_DATA: join(directory, device, 'user-data'),
    ...more,
  }
}

/** Starts the Express example, requests some paths of it, and stops it. */
async function visitExpress(environment: NodeJS.ProcessEnv, paths: readonly string[]) {
  const options = { env: { ...environment, PORT: '0' } }
  const server = spawn(process.execPath, ['examples/express/server.js'], options)
  try {
    const [address] = await once(createInterface(server.stdout), 'line')
    const responses = await Promise.all(paths.map((path) => fetch(new URL(path, address))))
    return await Promise.all(
      responses.map(async (response) => ({ status: response.status, body: await response.json() })),
    )
  } finally {
    server.kill()
    await once(server, 'exit')
  }
}

/** Launches the Electron example, and enters keys. */
async function launchElectron(environment: NodeJS.ProcessEnv, ...entered: readonly string[]) {
  const options = { env: environment }
  const program = ['electron-launch.mjs', ...entered]
  const { stdout } = await promisify(execFile)(process.execPath, program, options)
  return JSON.parse(stdout)
}

await check(
  'express: a feature of the license is served, also while the server is away',
  async () => {
    const { key } = await issue({ reports: true })
    const online = buildEnvironment('web-1', { LICENSE_KEY: key })
    const [home, reports, license] = await visitExpress(online, ['/', '/reports', '/license'])
    assertEqual([home?.status, reports?.status], [200, 200])
    assertEqual([license?.body.status, license?.body.license.plan], ['licensed', plan])
    const [later] = await visitExpress({ ...online, LICET_URL: nowhere }, ['/reports'])
    assertEqual(later?.status, 200)
  },
)

await check('express: a feature that the license lacks gets 402', async () => {
  const { key } = await issue({ reports: false })
  const environment = buildEnvironment('web-2', { LICENSE_KEY: key })
  const [reports, license] = await visitExpress(environment, ['/reports', '/license'])
  assertEqual([reports?.status, reports?.body.code], [402, 'FEATURE_NOT_INCLUDED'])
  assertEqual(license?.body.allowed, true)
})

await check('express: an unknown key gets 402, and no answer gets 503', async () => {
  const unknown = buildEnvironment('web-3', { LICENSE_KEY: 'an-unknown-license-key' })
  const [refused] = await visitExpress(unknown, ['/reports'])
  assertEqual([refused?.status, refused?.body.code], [402, 'LICENSE_NOT_FOUND'])
  const away = buildEnvironment('web-4', { LICENSE_KEY: 'an-unknown-license-key' })
  const [unanswered] = await visitExpress({ ...away, LICET_URL: nowhere }, ['/reports'])
  assertEqual([unanswered?.status, unanswered?.body.code], [503, 'NO_ANSWER'])
})

await check('electron: a key is entered once, and the next launch needs no server', async () => {
  const { key } = await issue({ reports: true })
  const environment = buildEnvironment('laptop', {})
  const first = await launchElectron(environment, 'an-unknown-license-key', key)
  assertEqual([first.page, first.state.status], ['license.html', 'unknown'])
  assertEqual([first.entered[0].allowed, first.entered[0].code], [false, 'LICENSE_NOT_FOUND'])
  assertEqual([first.entered[1].allowed, first.entered[1].license.plan], [true, plan])
  const second = await launchElectron({ ...environment, LICET_URL: nowhere })
  assertEqual([second.page, second.state.status], ['app.html', 'licensed'])
  assertEqual(second.state.source, 'lease')
  await launchElectron(buildEnvironment('desktop', {}), key)
  const other = await launchElectron(buildEnvironment('tablet', {}), key)
  assertEqual([other.entered[0].allowed, other.entered[0].code], [false, 'DEVICE_LIMIT_REACHED'])
})

rmSync(directory, { recursive: true })

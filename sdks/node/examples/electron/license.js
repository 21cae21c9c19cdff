import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { app } from 'electron'
import { Licet, LicetProblem, NoAnswer } from 'licet'

const licet = new Licet({
  url: process.env.LICET_URL ?? 'https://licenses.example.com',
  appId: 'example-electron',
  // Write the keys that `licet signing keys` prints here, as texts in your code. An example cannot.
  publicKeys: process.env.LICET_PUBLIC_KEYS?.split(','),
  onProblem: (problem) => console.error('license:', problem),
})

const keyFile = join(app.getPath('userData'), 'license-key')

/** Returns the state of the license. Call it at launch, and whenever a window asks. */
export async function checkLicense() {
  return licet.check({ key: await readKey() })
}

/** Activates this device with the key that the customer has typed. Returns the new state. */
export async function enterKey(key) {
  try {
    await licet.activate({ key })
  } catch (error) {
    const { code, message } = error
    if (error instanceof LicetProblem) return { allowed: false, status: 'refused', code, message }
    if (error instanceof NoAnswer) return { allowed: false, status: 'unknown', code, message }
    throw error
  }
  await writeFile(keyFile, key, { mode: 0o600 })
  return licet.check({ key, fresh: true })
}

async function readKey() {
  return readFile(keyFile, 'utf8').catch(() => null)
}

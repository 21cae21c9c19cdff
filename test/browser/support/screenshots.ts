import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { writeDemo } from '../../../scripts/demo/write.ts'
import { runLicet, Sandbox, startServer } from '../../support/server.ts'
import { type Look, launchChromium, openContext, sizes } from './chromium.ts'
import { adminPages } from './pages.ts'
import { watchPage } from './watch.ts'

const OPERATOR = 'Mara Lindqvist'

const help = `Takes pictures of the pages, in light and dark, on a desktop and on a phone.

  scripts/screenshots FOLDER [DATA_DIRECTORY]
  scripts/screenshots --readme    the pictures of the README, in docs/images

Without a data directory, a demo is written first, as by: scripts/seed --demo`

const README_FOLDER = 'docs/images'

/** The pictures of the README, as `adminPages` names the pages. */
const readmePictures = [
  { path: '/admin', colorScheme: 'light', name: 'overview.png' },
  { path: '/admin/licenses/:id', colorScheme: 'dark', name: 'license.png' },
] as const

const [folder, given] = process.argv.slice(2)
if (folder === undefined || folder === '--help') console.log(help)
else if (folder === '--readme') await withDemo(undefined, takeReadmePictures)
else await withDemo(given, (browser, signIn) => takePictures(browser, signIn, resolve(folder)))

type SignIn = () => Promise<string>

/** Serves a data directory, or the demo, and opens a browser. */
async function withDemo(
  dataDirectory: string | undefined,
  use: (browser: Browser, signIn: SignIn) => Promise<void>,
): Promise<void> {
  using sandbox = new Sandbox()
  const directory =
    dataDirectory === undefined ? sandbox.at('demo') : sandbox.copy(resolve(dataDirectory))
  if (dataDirectory === undefined) {
    mkdirSync(directory)
    await writeDemo(directory, { licenses: 300, seed: 1, endsAtMs: Date.now() })
  }
  const env = { LICET_DATA_DIR: directory, LICET_BRAND_NAME: 'Brightforge' }
  await using server = await startServer(sandbox, env)
  const signIn = async () => {
    const { stdout } = await runLicet(sandbox, ['login', '--name', OPERATOR], env)
    return server.url + stdout.trim().replace(/^.*?(?=\/admin#)/, '')
  }
  const browser = await launchChromium()
  await use(browser, signIn)
  await browser.close()
}

async function takeReadmePictures(browser: Browser, signIn: SignIn): Promise<void> {
  mkdirSync(README_FOLDER, { recursive: true })
  for (const { path, colorScheme, name } of readmePictures) {
    const context = await openContext(browser, { colorScheme })
    const { page, settle, addressOf } = await enter(context, await signIn())
    await page.goto(addressOf(path))
    await settle()
    await page.screenshot({ path: join(README_FOLDER, name) })
    await context.close()
  }
}

async function takePictures(browser: Browser, signIn: SignIn, target: string): Promise<void> {
  mkdirSync(target, { recursive: true })
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const size of ['wide', 'narrow'] as const) {
      await takeAll(browser, { colorScheme, size }, await signIn(), target)
    }
  }
}

async function takeAll(browser: Browser, look: Look, link: string, target: string) {
  const context = await openContext(browser, look)
  const name = (title: string) =>
    join(target, `${title}-${look.colorScheme}-${sizes[look.size ?? 'wide'].width}.png`)

  const { page, settle, addressOf } = await enter(context, link, name('sign-in'))
  for (const path of adminPages) {
    const title = path.replaceAll(/^\/admin\/?|:/g, '').replaceAll('/', '-') || 'overview'
    await page.goto(addressOf(path))
    await settle()
    await page.screenshot({ path: name(title), fullPage: look.size === 'narrow' })
  }
  await context.close()
}

/** Signs in with a link, and takes a picture of that page if it has a name. */
async function enter(context: BrowserContext, link: string, picture?: string) {
  const page = await context.newPage()
  const { origin } = new URL(link)
  const { settle } = watchPage(page, origin, [])
  await page.goto(link)
  await settle()
  if (picture !== undefined) await page.screenshot({ path: picture })
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  const license = await findLicense(page, 'formkit-agency')
  const addressOf = (path: string) =>
    origin + path.replace(':id', license).replace(':slug', 'canvas-personal')
  return { page, settle, addressOf }
}

/** Returns the ID of the license of a plan that is used most. */
async function findLicense(page: Page, plan: string): Promise<string> {
  const { origin } = new URL(page.url())
  const list = `${origin}/api/v1/licenses?limit=100&status=active&plan=${plan}`
  const { data } = await (await page.request.get(list)).json()
  const [first] = data.toSorted(
    (one: { validation_count: number }, other: { validation_count: number }) =>
      other.validation_count - one.validation_count,
  )
  return first.id
}

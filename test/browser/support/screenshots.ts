import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { writeDemo } from '../../../scripts/demo/write.ts'
import { runLicet, Sandbox, startServer } from '../../support/server.ts'
import { type Look, launchChromium, openContext, sizes } from './chromium.ts'
import { adminPages } from './pages.ts'
import { watchPage } from './watch.ts'

const OPERATOR = 'Mara Lindqvist'

const help = `Takes pictures of the pages, in light and dark, on a desktop and on a phone.

  scripts/screenshots FOLDER [DATA_DIRECTORY]

Without a data directory, a demo is written first, as by: scripts/seed --demo`

const [folder, given] = process.argv.slice(2)
if (folder === undefined || folder === '--help') console.log(help)
else await takePictures(resolve(folder), given)

async function takePictures(target: string, dataDirectory: string | undefined): Promise<void> {
  mkdirSync(target, { recursive: true })
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
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const size of ['wide', 'narrow'] as const) {
      await takeAll(browser, { colorScheme, size }, await signIn(), target)
    }
  }
  await browser.close()
}

async function takeAll(browser: Browser, look: Look, link: string, target: string) {
  const context = await openContext(browser, look)
  const page = await context.newPage()
  const { origin } = new URL(link)
  const { settle } = watchPage(page, origin, [])
  const name = (title: string) =>
    join(target, `${title}-${look.colorScheme}-${sizes[look.size ?? 'wide'].width}.png`)

  await page.goto(link)
  await settle()
  await page.screenshot({ path: name('sign-in') })
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  const license = await findLicense(page, 'formkit-agency')
  for (const path of adminPages) {
    const title = path.replaceAll(/^\/admin\/?|:/g, '').replaceAll('/', '-') || 'overview'
    await page.goto(origin + path.replace(':id', license).replace(':slug', 'canvas-personal'))
    await settle()
    await page.screenshot({ path: name(title), fullPage: look.size === 'narrow' })
  }
  await context.close()
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

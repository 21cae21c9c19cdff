// Runs in a page or a Worker against a real server. The bundler sets TARGET and RUNTIME.
import { Licet } from 'licet'
import { Licet as WebLicet } from 'licet/web'
import { assertEqual, createCheck } from './checks.ts'
import { checkOnline, type Target } from './online-checks.ts'

declare const TARGET: Target
declare const RUNTIME: string

/** Returns the results as lines of TAP. */
export async function runLiveChecks(): Promise<string> {
  const lines: string[] = []
  const check = createCheck((line) => void lines.push(line), RUNTIME)
  await check('the bundler has chosen the entry for browsers and Workers', () => {
    assertEqual(new Licet({ url: TARGET.url, appId: 'entry' }) instanceof WebLicet, true)
  })
  await checkOnline(check, (options) => new Licet(options), TARGET)
  return lines.join('\n')
}

// Runs the script in the first argument as a Worker in workerd. With a port as the second one, it serves
// there, with the variables of the environment; without one, it prints the response to one request.
import { readFileSync } from 'node:fs'
import { Miniflare } from 'miniflare'

const [script, port] = process.argv.slice(2)
const contents = readFileSync(script, 'utf8')
const { LICET_PRIMARY, LICET_EDGE_TOKEN, LICET_WEBHOOK_SECRET } = process.env
const bindings = { LICET_PRIMARY, LICET_EDGE_TOKEN, LICET_WEBHOOK_SECRET }
const miniflare = new Miniflare({
  modules: [{ type: 'ESModule', path: 'worker.js', contents }],
  compatibilityDate: '2026-04-01',
  kvNamespaces: ['LICET_FACTS'],
  host: '127.0.0.1',
  ...(port === undefined ? {} : { port: Number(port), bindings }),
})
await miniflare.ready
if (port === undefined) {
  const response = await miniflare.dispatchFetch('http://localhost/')
  console.log(await response.text())
  await miniflare.dispose()
}
process.on('SIGTERM', () => miniflare.dispose().then(() => process.exit()))

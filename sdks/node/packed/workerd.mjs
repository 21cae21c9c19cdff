// Runs the script in the first argument as a Worker in workerd, and prints the results that it returns.
import { readFileSync } from 'node:fs'
import { Miniflare } from 'miniflare'

const contents = readFileSync(process.argv[2], 'utf8')
const miniflare = new Miniflare({
  modules: [{ type: 'ESModule', path: 'worker.js', contents }],
  compatibilityDate: '2026-01-01',
})
const response = await miniflare.dispatchFetch('http://localhost/')
console.log(await response.text())
await miniflare.dispose()

import { createEdgeUsage } from '~/edge/usage.ts'
import { aValidation, startMs } from '../support/samples.ts'

/**
 * Runs an edge in a directory against a primary at a URL: records validations of `lic_a` all the time, and
 * delivers them. Prints how many there are before each is recorded.
 */

const [directory = '', url = ''] = process.argv.slice(2)
let recorded = 0
const usage = createEdgeUsage({
  directory,
  nowMs: () => startMs + recorded,
  post: (path, body) => fetch(url + path, { method: 'POST', body }),
  onError: () => undefined,
  onDropped: () => process.exit(1),
})
usage.start()
setInterval(() => {
  recorded += 1
  process.stdout.write(`${recorded}\n`)
  usage.record(aValidation({ atMs: startMs + recorded }))
}, 1)

// Licet without recording validations, to measure what recording costs.

import { readConfig } from '~/platform/config.ts'
import { buildApp } from '~/server/app.ts'
import { openRuntime } from '~/server/runtime.ts'

const [dataDirectory = ''] = process.argv.slice(2)
const settings = readConfig({ LICET_DATA_DIR: dataDirectory, LICET_PORT: '0' }, false)
const { deps } = await openRuntime(settings)
const usage = { ...deps.usage, record: () => undefined }
const app = buildApp({ ...deps, usage }).listen({
  hostname: '127.0.0.1',
  port: 0,
})
process.stderr.write(`http://127.0.0.1:${app.server?.port}\n`)

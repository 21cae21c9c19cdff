// Imports the entries as ES modules. Its argument is the name of the runtime.
import * as root from 'licet'
import * as admin from 'licet/admin'
import * as web from 'licet/web'
import { assertEqual, createCheck } from './checks.js'

const check = createCheck(console.log, process.argv[2])

await check('the entries are imported as ES modules, and share their errors', () => {
  assertEqual(typeof admin.LicetAdmin, 'function')
  assertEqual([root.NoAnswer === admin.NoAnswer, root.NoAnswer === web.NoAnswer], [true, true])
})

await check('the main entry is the one for servers', () => {
  assertEqual(import.meta.resolve('licet').endsWith('/dist/esm/index.js'), true)
  assertEqual(import.meta.resolve('licet/package.json').endsWith('/licet/package.json'), true)
})

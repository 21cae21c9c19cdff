// Runs in a page of a browser, and posts the results to the server of the page.
import './all-tests.ts'
import { runTests } from './node-test.ts'

const results = await runTests().catch((error) => [`not ok - the tests run: ${error}`])
await fetch('/results', { method: 'POST', body: results.join('\n') })

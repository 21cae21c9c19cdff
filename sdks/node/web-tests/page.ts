// Runs in a page of a browser, and posts the results to the server of the page.
import './all-tests.ts'
import { runTests } from './node-test.ts'

const body = await runTests().catch((error: unknown) => `not ok - the page runs: ${error}`)
await fetch('/results', { method: 'POST', body })

// Runs in a Worker: each request runs the tests, and the response has the results.
import './all-tests.ts'
import { runTests } from './node-test.ts'

// biome-ignore lint/style/noDefaultExport: the runtime takes the handlers of a Worker from there.
export default { fetch: async () => new Response(await runTests()) }

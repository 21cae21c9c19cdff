// Runs the suite in a Worker: each request runs all tests, and the response has their results.
import '../suite/all.ts'
import { runTests } from '../support/tap.ts'

// biome-ignore lint/style/noDefaultExport: the runtime takes the handlers of a Worker from there.
export default { fetch: async () => new Response(await runTests()) }

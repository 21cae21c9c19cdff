import { runLiveChecks } from './live-web.ts'

// biome-ignore lint/style/noDefaultExport: the runtime takes the handlers of a Worker from there.
export default { fetch: async () => new Response(await runLiveChecks()) }

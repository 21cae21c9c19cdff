import { runLiveChecks } from './live-web.ts'

const body = await runLiveChecks().catch((error: unknown) => `not ok - the page runs: ${error}`)
await fetch('/results', { method: 'POST', body })

import type { AddCommand } from './run.ts'

const environment = `
Everything is configured by the environment, and works without any of it:
  LICET_HOST, LICET_PORT           where it listens (127.0.0.1, 3000)
  LICET_DATA_DIR                   everything it keeps (./data)
  LICET_TLS_CERT, LICET_TLS_KEY    PEM files, to serve https
  LICET_ADMIN_TOKEN                an API key with all scopes
The rest stands in the README.`

export const addServe: AddCommand = (program, readSettings) => {
  program
    .command('serve')
    .description('serve the API')
    .addHelpText('after', environment)
    .action(async () => {
      // Loaded here, because the other commands start in half the time without it.
      const { serve } = await import('~/server.ts')
      await serve(readSettings())
    })
}

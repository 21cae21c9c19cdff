// Libraries read this when they are imported, so everything else is imported after it.
process.env.NODE_ENV = 'production'
// Databases, backups and secrets are readable by their owner only.
process.umask(0o077)

const { run } = await import('./cli/run.ts')
await run(process.argv.slice(2))

export {}

// Libraries choose their speed by this at their import, so everything else comes after it.
process.env.NODE_ENV = 'production'

const { run } = await import('./commands/run.ts')
process.exitCode = await run(process.argv.slice(2))

export {}

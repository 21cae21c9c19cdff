// Libraries choose their speed by this at their import, so everything else comes after it.
process.env.NODE_ENV = 'production'
// Databases, copies and secrets are their owner's alone.
process.umask(0o077)

const { run } = await import('./cli/program.ts')
process.exitCode = await run(process.argv.slice(2))

export {}

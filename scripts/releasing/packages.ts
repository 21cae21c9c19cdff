import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { requireSuccess } from './commands.ts'

/** A package whose code or files are in the binary. */
export interface BundledPackage {
  readonly name: string
  readonly version: string
  /** An SPDX expression; null for a package that does not say. */
  readonly license: string | null
}

const PACKAGE = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//
const pages = ['src/web/admin/main.tsx', 'src/web/portal/main.tsx']

/**
 * Returns the packages that the server and the pages are bundled from, by name. This is what a binary contains:
 * it has fewer packages than `bun.lock`, and also those that are only peers of others.
 */
export function listBundledPackages(scratch: string): readonly BundledPackage[] {
  const workers = [...new Bun.Glob('src/**/*worker.ts').scanSync()]
  const inputs = [
    ...listInputs(['--target=bun', 'src/main.ts', ...workers], scratch),
    ...listInputs(['--target=browser', '--splitting', ...pages], scratch),
  ]
  const folders = inputs.flatMap((path) => PACKAGE.exec(path)?.[1] ?? [])
  const found = [...new Set(folders)].map(readPackage)
  const byName = new Map(found.map((each) => [`${each.name}@${each.version}`, each]))
  return [...byName.keys()].sort().flatMap((key) => byName.get(key) ?? [])
}

function listInputs(args: readonly string[], scratch: string): string[] {
  const [outdir, metafile] = [join(scratch, 'bundle'), join(scratch, 'bundle.json')]
  const production = ['--define', 'process.env.NODE_ENV="production"']
  const out = ['--root=.', `--outdir=${outdir}`, `--metafile=${metafile}`]
  requireSuccess([process.execPath, 'build', ...args, ...production, ...out])
  const { inputs } = JSON.parse(readFileSync(metafile, 'utf8')) as { inputs: object }
  rmSync(outdir, { recursive: true })
  rmSync(metafile)
  return Object.keys(inputs)
}

function readPackage(folder: string): BundledPackage {
  const file = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const license = typeof file.license === 'string' ? file.license : (file.license?.type ?? null)
  return { name: file.name, version: file.version, license }
}

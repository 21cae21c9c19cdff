import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'

/** A file of a page, compressed in both ways that browsers accept, in Base64. */
export type Asset = { readonly name: string; readonly gzip: string; readonly brotli: string }

/** A page: its script and style sheet, by name, and all files with the chunks that it loads later. */
export type Bundle = {
  readonly script: string
  readonly style: string
  readonly assets: readonly Asset[]
  /** Why the page could not be bundled; empty if it was. A macro cannot throw a readable error. */
  readonly error: string
}

/**
 * Bundles a page for browsers. It runs as a macro, while the code of the server is transpiled, so the
 * server contains the result as a literal, from source and in the binary. A macro must not call
 * `Bun.build`, which waits for itself there, nor read files asynchronously.
 */
export function bundlePage(name: string): Bundle {
  const directory = mkdtempSync(join(tmpdir(), 'licet-page-'))
  try {
    const { exitCode, stderr } = Bun.spawnSync([
      process.execPath,
      'build',
      join(import.meta.dir, name, 'main.tsx'),
      '--minify',
      '--splitting',
      '--format=esm',
      '--target=browser',
      '--define',
      'process.env.NODE_ENV="production"',
      `--outdir=${directory}`,
      '--entry-naming=page-[hash].[ext]',
      '--chunk-naming=chunk-[hash].[ext]',
    ])
    if (exitCode !== 0) return failed(stderr.toString())
    return collect(directory)
  } catch (error) {
    return failed(String(error))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

function collect(directory: string): Bundle {
  const names = readdirSync(directory).sort()
  const find = (extension: string) =>
    names.find((name) => name.startsWith('page-') && extname(name) === extension) ?? ''
  const assets = names.map((name) => {
    const bytes = readFileSync(join(directory, name))
    return {
      name,
      gzip: gzipSync(bytes, { level: 9 }).toString('base64'),
      brotli: brotliCompressSync(bytes).toString('base64'),
    }
  })
  return { script: find('.js'), style: find('.css'), assets, error: '' }
}

const failed = (error: string): Bundle => ({ script: '', style: '', assets: [], error })

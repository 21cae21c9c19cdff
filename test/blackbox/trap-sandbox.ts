import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { type Program, Sandbox } from '../support/server.ts'

const MARK = 'preload-ran'
const writeMark = `require('node:fs').writeFileSync(require('node:path').join(__dirname, '${MARK}'), '')`

/** Files in the working directory that the binary must ignore. Each one would change a test. */
const traps: Readonly<Record<string, string>> = {
  '.env': 'LICET_HOST=192.0.2.1\nLICET_IP_STORAGE=absurd\nLICET_TRUSTED_PROXIES=absurd\n',
  '.env.production': 'LICET_HISTORY_DAYS=absurd\n',
  'bunfig.toml': 'preload = ["./preload.cjs"]\n[run]\npreload = ["./preload.cjs"]\n',
  'preload.cjs': writeMark,
  'tsconfig.json': '{"compilerOptions": {"paths": {"elysia": ["./preload.cjs"], "~/*": ["./*"]}}}',
  'package.json': '{"name": "trap", "type": "commonjs", "imports": {"#*": "./preload.cjs"}}',
}

/** A sandbox whose working directory contains traps. They are for the binary: Bun obeys them. */
export class TrapSandbox extends Sandbox {
  readonly program: Program
  readonly dataDirectory = this.at('data')
  readonly env = { LICET_DATA_DIR: this.dataDirectory }

  constructor(program: Program) {
    super()
    this.program = program
    mkdirSync(this.cwd)
    if (program === 'source') return
    for (const [name, text] of Object.entries(traps)) writeFileSync(this.at('cwd', name), text)
  }

  override get cwd(): string {
    return this.at('cwd')
  }

  /** Returns whether the preload script of a trap has run. */
  hasMark(): boolean {
    return existsSync(this.at('cwd', MARK))
  }
}

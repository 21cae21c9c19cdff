import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { Folder, type Program } from '../support/server.ts'

const MARK = 'was-here'
const leaveMark = `require('node:fs').writeFileSync(require('node:path').join(__dirname, '${MARK}'), '')`

/** Files in the working directory. If Licet read any of them, a test would fail. */
const traps: Readonly<Record<string, string>> = {
  '.env': 'LICET_HOST=192.0.2.1\nLICET_IP_STORAGE=absurd\nLICET_TRUSTED_PROXIES=absurd\n',
  '.env.production': 'LICET_HISTORY_DAYS=absurd\n',
  'bunfig.toml': 'preload = ["./preload.cjs"]\n[run]\npreload = ["./preload.cjs"]\n',
  'preload.cjs': leaveMark,
  'tsconfig.json': '{"compilerOptions": {"paths": {"elysia": ["./preload.cjs"], "~/*": ["./*"]}}}',
  'package.json': '{"name": "trap", "type": "commonjs", "imports": {"#*": "./preload.cjs"}}',
}

/** The directories of one server. Only the binary ignores the files in its working directory. */
export class Place extends Folder {
  readonly program: Program
  readonly cwd: string
  readonly dataDirectory: string

  constructor(program: Program) {
    super()
    this.program = program
    this.dataDirectory = this.at('data')
    this.cwd = this.at('cwd')
    mkdirSync(this.cwd)
    if (program === 'source') return
    for (const [name, text] of Object.entries(traps)) writeFileSync(this.at('cwd', name), text)
  }

  hasMark(): boolean {
    return existsSync(this.at('cwd', MARK))
  }
}

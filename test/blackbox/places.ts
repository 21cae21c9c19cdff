import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { Folder, type Program } from '../support/server.ts'

const MARK = 'was-here'
const leaveMark = `require('node:fs').writeFileSync(require('node:path').join(__dirname, '${MARK}'), '')`

/** What lies about in the folder that Licet is started in. Were any of it heeded, it would show. */
const traps: Readonly<Record<string, string>> = {
  '.env': 'LICET_HOST=192.0.2.1\nLICET_IP_STORAGE=absurd\nLICET_TRUSTED_PROXIES=absurd\n',
  '.env.production': 'LICET_HISTORY_DAYS=absurd\n',
  'bunfig.toml': 'preload = ["./preload.cjs"]\n[run]\npreload = ["./preload.cjs"]\n',
  'preload.cjs': leaveMark,
  'tsconfig.json': '{"compilerOptions": {"paths": {"elysia": ["./preload.cjs"], "~/*": ["./*"]}}}',
  'package.json': '{"name": "trap", "type": "commonjs", "imports": {"#*": "./preload.cjs"}}',
}

/** Where a program of the suite is started. Only the binary is proof against its folder. */
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

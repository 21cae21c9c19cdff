// Runs in a page and in a Worker, against a real server. The bundler sets TARGET and RUNTIME.
import { Licet } from 'licet/web'
import { createCheck } from './checks.ts'
import { checkOnline, type Target } from './online-checks.ts'

declare const TARGET: Target
declare const RUNTIME: string

export async function runLiveChecks(): Promise<string[]> {
  const lines: string[] = []
  const check = createCheck((line) => void lines.push(line), RUNTIME)
  await checkOnline(check, (options) => new Licet(options), TARGET)
  return lines
}

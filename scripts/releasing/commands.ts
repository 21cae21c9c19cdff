/** A problem that the person who releases can fix. The message says how. */
export class ReleaseError extends Error {
  override readonly name = 'ReleaseError'
}

/** Runs a program in a folder. Returns what it printed; throws ReleaseError with its errors if it fails. */
export function requireSuccess(
  command: readonly string[],
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): string {
  const env = { ...process.env, ...options.env }
  const [program = ''] = command
  if (Bun.which(program, { cwd: options.cwd ?? '.' }) === null) {
    throw new ReleaseError(`${program} is missing. Install it, then try again.`)
  }
  const { exitCode, stdout, stderr } = Bun.spawnSync([...command], { ...options, env })
  if (exitCode === 0) return stdout.toString()
  throw new ReleaseError(`${command.join(' ')} failed (${exitCode}):\n${stderr}${stdout}`)
}

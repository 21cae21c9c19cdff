import { mkdirSync } from 'node:fs'

/** A file system that only some processes see. It lives as long as they do. */
export interface Disk extends AsyncDisposable {
  /** Where this process sees it. */
  readonly path: string
  /** Shell commands after which a program sees it too, at its directory. */
  readonly enter: string
  /** Runs a shell command that sees it. Throws if it fails. */
  run(command: string): void
}

/** Mounts a file system at a new directory. `-rm` needs no root, and allows only some kinds. */
export async function mountDisk(
  directory: string,
  mount: string,
  namespace: '-m' | '-rm',
): Promise<Disk> {
  mkdirSync(directory)
  const script = `${mount} && echo mounted && exec sleep infinity`
  const holder = Bun.spawn(['unshare', namespace, 'sh', '-c', script], { stdout: 'pipe' })
  const { done } = await holder.stdout.getReader().read()
  if (done) throw new Error('A disk could not be mounted.')
  const user = namespace === '-rm' ? ['--user', '--preserve-credentials'] : []
  const enter = ['nsenter', '--target', String(holder.pid), ...user, '--mount']
  return {
    path: `/proc/${holder.pid}/root${directory}`,
    enter: `set -- ${enter.join(' ')} "$@";`,
    run: (command) => void runText([...enter, 'sh', '-c', command]),
    async [Symbol.asyncDispose]() {
      holder.kill()
      await holder.exited
    },
  }
}

/** Runs a program, and returns what it printed. Throws if it fails. */
export function runText(words: readonly string[]): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...words])
  if (exitCode !== 0) throw new Error(`${words.join(' ')}: ${stderr}`)
  return stdout.toString().trim()
}
